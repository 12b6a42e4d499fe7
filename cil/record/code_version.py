"""A fingerprint of the code that a step runs, so that a step reruns when its code changed.

Snakemake tracks a script's own text only (and its modification time, which a `git switch`
changes). The fingerprint covers the script and what it can reach in this package: the functions,
classes and constants that it refers to, those that these refer to, and so on; and whatever else
importing their modules does. Comments, docstrings and formatting do not count, nor do the words of
log records and of a UserError: these are for people, and no result may depend on them.

It errs on the safe side: a class counts whole, a name counts for all that may bear it, a module
that is passed around counts whole, and what importing does counts if it might do anything.
What lies beside the modules and is named in a text belongs to the code as well: a file, such as
the frame of a page, or a folder of files, such as templates.
"""

import functools
import hashlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from cil.record.code_effects import has_effects
from cil.record.code_parts import PACKAGE, Chain, Imported, Module, Part

ROOT = Path(__file__).resolve().parents[2]

# By these, code finds what no name in it refers to.
DYNAMIC = {"importlib.import_module", "__import__", "eval", "exec", "runpy.run_module"}
WHOLE = {"globals", "vars"}  # of a module


def code_version(*files: str | Path, root: Path = ROOT) -> str:
    """16 hexadecimal digits that change when what the scripts or modules `files` run changes.

    Args:
        files: relative to `root`: a script, which may lie elsewhere, and after it the modules
            that it imports by names that only a run knows.
        root: the folder that holds the package.

    Raises SyntaxError if a file that counts cannot be parsed, and ValueError if the first of
    `files` imports something by a name that only a run knows, and no others are given.
    """
    digest = hashlib.sha256()
    for piece in Reach(root, *files).pieces():
        digest.update(piece.encode(errors="surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()[:16]


class Reach:
    """What the scripts or modules `files` can reach; see `code_version`."""

    def __init__(self, root: Path, *files: str | Path) -> None:
        self.root = root
        self.loaded: dict[str, Module] = {}
        self.parts: dict[Part, None] = {}
        self.bound: set[str] = set()  # what imported names stand for
        self.foreign: set[str] = set()  # packages of others
        self.texts: set[str] = set()
        self._waiting: list[Part] = []
        self._followed: set[tuple[str, Chain, bool]] = set()
        dynamic = self._follow(files)
        if dynamic and len(files) == 1:
            raise ValueError(
                f"{files[0]}: {dynamic} finds modules by names that only a run knows; give their "
                "files as well"
            )

    def pieces(self) -> Iterator[str]:
        """All that counts, in an order of its own, each piece with where it is from."""
        by_module: dict[Module, list[Part]] = {}
        for part in self.parts:
            by_module.setdefault(part.module, []).append(part)
        for module in sorted(by_module, key=lambda module: self._named(module.path)):
            yield self._named(module.path).as_posix()
            for part in sorted(by_module[module], key=module.parts.index):
                yield part.code
        yield from sorted(self.bound)
        yield from sorted(self.foreign)
        beside = _beside(self.root / PACKAGE)
        for name in sorted(self.texts & beside.keys()):
            for file in beside[name]:
                yield file.relative_to(self.root).as_posix()
                yield hashlib.sha256(file.read_bytes()).hexdigest()

    def _named(self, path: Path) -> Path:
        """What a file is known by; where a script lies, and by which links, is of no account."""
        inside = path.is_relative_to(self.root / PACKAGE)
        return path.relative_to(self.root) if inside else Path(path.name)

    def _follow(self, files: Iterable[str | Path]) -> str:
        """Go wherever the code can; what of it finds modules by names that only a run knows."""
        for file in files:
            name = ".".join(self._named(self.root / file).with_suffix("").parts)
            if name.split(".")[0] == PACKAGE:
                self._load(name)
            module = self.loaded.setdefault(name, _read(self.root / file, name))
            self._load_imports(module.imports)
            self._reach(module.parts)
        dynamic = ""
        while self._waiting:
            part = self._waiting.pop()
            module, refers_to = part.module, part.refers_to
            self.texts |= refers_to.texts
            self._load_imports(refers_to.imports)
            for chain in refers_to.names:
                sources = module.sources(chain)
                if sources & DYNAMIC:
                    dynamic = module.name
                if sources & WHOLE:
                    self._reach(module.parts)
                self._resolve(module, chain)
            for chain in refers_to.in_messages:
                self._resolve(module, chain, in_message=True)
            for text in refers_to.texts:
                named = text.startswith(f"{PACKAGE}.") and all(
                    map(str.isidentifier, text.split("."))
                )
                if named and self._load(text):
                    self._reach(self.loaded[text].parts)
        return dynamic

    def _reach(self, parts: Iterable[Part]) -> None:
        new = [part for part in parts if part not in self.parts]
        self.parts |= dict.fromkeys(new)
        self._waiting += new

    def _load(self, name: str) -> Module | None:
        """The module of this package of that name, and what importing it does; None if none is."""
        if name in self.loaded:
            return self.loaded[name]
        above = name.rpartition(".")[0]
        if above and not self._load(above):
            return None
        place = self.root.joinpath(*name.split("."))
        path = next(filter(Path.is_file, (place / "__init__.py", place.with_suffix(".py"))), None)
        if path is None:
            return None
        module = self.loaded[name] = _read(path, name)
        self._load_imports(module.imports)
        self._reach(part for part in module.parts if has_effects(part))
        return module

    def _load_imports(self, imports: Iterable[Imported]) -> None:
        for each in imports:
            if each.is_ours:
                self._load(each.module)
                if each.name:
                    self._load(f"{each.module}.{each.name}")
            elif (package := each.module.split(".")[0]) not in sys.stdlib_module_names:
                self.foreign.add(package)

    def _resolve(self, module: Module, chain: Chain, in_message: bool = False) -> None:
        """Reach all that the first name of `chain` may be in `module`."""
        for each in module.bindings.get(chain[0], ()):
            if isinstance(each, Part):
                if not (in_message and each.is_text):
                    self._reach([each])
                continue
            self.bound.add(f"{module.name}:{chain[0]}={each}")
            if not each.is_ours:
                continue
            if each.name:
                self._follow_into(each.module, (each.name, *chain[1:]), in_message)
            elif chain[0] == each.module.split(".")[0]:  # `import cil.low` binds `cil`
                self._follow_into(chain[0], chain[1:], in_message)
            else:
                self._follow_into(each.module, chain[1:], in_message)

    def _follow_into(self, name: str, chain: Chain, in_message: bool) -> None:
        """Reach what a chain of names means within the module `name`."""
        if (name, chain, in_message) in self._followed:  # a package that imports its own module
            return
        self._followed.add((name, chain, in_message))
        module = self._load(name)
        if module is None:
            return
        bound = bool(chain) and chain[0] in module.bindings
        if bound:
            self._resolve(module, chain, in_message)
        if chain and self._load(f"{name}.{chain[0]}"):
            self._follow_into(f"{name}.{chain[0]}", chain[1:], in_message)
        elif not bound and not (chain and chain[0].startswith("__")):
            self._reach(module.parts)  # the module itself, or what cannot be seen in it


def _read(path: Path, name: str) -> Module:
    return _parsed(path, name, path.stat().st_mtime_ns)


@functools.cache
def _parsed(path: Path, name: str, _modified: int) -> Module:
    return Module(name, path, path.name == "__init__.py")


def _beside(package: Path) -> dict[str, list[Path]]:
    """By name, what lies in a package besides modules: a file, or all files of a folder."""
    found: dict[str, list[Path]] = {}
    for path in sorted(package.rglob("*")):
        if path.suffix in (".py", ".pyc") or path.name == "__pycache__":
            continue
        if path.is_file():
            found.setdefault(path.name, []).append(path)
        elif not any(path.rglob("*.py*")):
            found.setdefault(path.name, []).extend(sorted(filter(Path.is_file, path.rglob("*"))))
    return found
