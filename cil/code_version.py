"""A fingerprint of the code that a step runs, so that a step reruns when its code changed.

Snakemake tracks a script's own text only (and its modification time, which a `git switch`
changes). The fingerprint covers the script and every module of this package that it imports,
directly or through others; comments, docstrings and formatting do not count. What lies beside a
module and is named by it belongs to it: a file, such as the frame of a page, or a folder of files,
such as templates.
"""

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path(__file__).resolve().parent.name


def code_version(*files: str | Path, root: Path = ROOT) -> str:
    """16 hexadecimal digits that change when what the scripts or modules `files` run changes.

    They are relative to `root`, the folder that holds the package. Raises SyntaxError if
    a file that counts cannot be parsed.
    """
    digest = hashlib.sha256()
    for path in sorted(set().union(*(_reachable(root / file, root) for file in files))):
        digest.update(path.relative_to(root).as_posix().encode())
        code, _, texts = _essence(path, path.stat().st_mtime_ns)
        digest.update(code.encode())
        for name in sorted(texts & _beside(path.parent).keys()):
            for file in _beside(path.parent)[name]:
                digest.update(file.relative_to(root).as_posix().encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _reachable(script: Path, root: Path) -> set[Path]:
    seen: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for module in _essence(path, path.stat().st_mtime_ns)[1]:
            waiting.extend(_files(module, root))
    return seen


@functools.cache
def _essence(path: Path, _modified: int) -> tuple[str, tuple[str, ...], frozenset[str]]:
    """The code without comments and docstrings, the package modules it imports, its texts."""
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    modules = tuple(sorted(set(_imports(tree))))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    texts = frozenset(each for each in constants if isinstance(each, str))
    return ast.unparse(tree), modules, texts


@functools.cache
def _beside(folder: Path) -> dict[str, list[Path]]:
    """By name, what lies in a folder besides modules: a file, or the files of a folder."""
    return {
        path.name: [path] if path.is_file() else sorted(filter(Path.is_file, path.iterdir()))
        for path in folder.iterdir()
        if path.suffix != ".py" and not (path.is_dir() and any(path.glob("*.py*")))
    }


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if _is_ours(name.name))
        elif isinstance(node, ast.ImportFrom) and not node.level and _is_ours(node.module or ""):
            yield node.module
            # `from cil.images import store` may name a module as well as an object.
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _is_ours(module: str) -> bool:
    return module == PACKAGE or module.startswith(f"{PACKAGE}.")


def _files(module: str, root: Path) -> Iterator[Path]:
    """The files that importing `module` runs: its own and its parent packages'."""
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        folder = root.joinpath(*parts[:end])
        for path in (folder / "__init__.py", folder.with_suffix(".py")):
            if path.is_file():
                yield path
