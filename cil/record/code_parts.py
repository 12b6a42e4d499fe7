"""What a module's code consists of, and what each part of it refers to.

A *part* is a statement at the top of a module: a function, a class, a constant, or anything else.
"""

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1].name

LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}

Chain = tuple[str, ...]  # a name and the attributes asked of it: ("store", "ImageStore", "open")


@dataclass(frozen=True)
class Imported:
    """What an import binds a name to: a module, or `name` in it."""

    module: str
    name: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether it is of this package."""
        return self.module.split(".")[0] == PACKAGE

    def __str__(self) -> str:
        return f"{self.module}:{self.name}"


@dataclass
class References:
    """What a piece of code refers to."""

    names: set[Chain] = field(default_factory=set)
    in_messages: set[Chain] = field(default_factory=set)  # as words of a message, no more
    texts: set[str] = field(default_factory=set)
    imports: list[Imported] = field(default_factory=list)


class Module:
    """A module: its parts, and what each name at its top may be. Raises SyntaxError."""

    def __init__(self, name: str, path: Path, is_package: bool) -> None:
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        _drop_docstrings(tree)
        self.name, self.path = name, path
        self.home = name if is_package else name.rpartition(".")[0]
        self.imports: list[Imported] = []  # run when the module is
        self.parts: list[Part] = []
        self.bindings: dict[str, list[Part | Imported]] = {}
        for node in tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.imports += [imported for _, imported in _imports(node, self.home)]
            else:
                self.parts.append(Part(self, node))
        for part in self.parts:
            for name in _bound(part.node):
                self.bindings.setdefault(name, []).append(part)
        # Those within functions count at the top as well: a name too many does no harm.
        for each in ast.walk(tree):
            if isinstance(each, ast.Import | ast.ImportFrom):
                for name, imported in _imports(each, self.home):
                    self.bindings.setdefault(name, []).append(imported)
        self.thrown, self.makers = _thrown(tree)

    def sources(self, chain: Chain) -> set[str]:
        """What a chain of names from elsewhere is in full: `np.inf` is "numpy.inf".

        A name that the module does not bind is Python's own. Of this package's it gives nothing.
        """
        bindings = self.bindings.get(chain[0])
        if bindings is None:
            return {".".join(chain)}
        found = set()
        for each in bindings:
            if isinstance(each, Imported) and not each.is_ours:
                parts = each.module.split(".") + [each.name] * bool(each.name)
                # `import a.b` binds a.
                bare = not each.name and parts[0] == chain[0]
                found.add(".".join([*(parts[:1] if bare else parts), *chain[1:]]))
        return found


class Part:
    """A statement at the top of a module."""

    def __init__(self, module: Module, node: ast.stmt) -> None:
        self.module, self.node = module, node

    @functools.cached_property
    def refers_to(self) -> References:
        """What it refers to."""
        return _Visitor(self.module).of(self.node)

    @functools.cached_property
    def code(self) -> str:
        """Its code without comments, docstrings and the words of messages."""
        assert self.refers_to  # before words are taken out below
        for node in ast.walk(self.node):
            if isinstance(node, ast.Call) and is_message(self.module, node):
                node.args = [_wordless(each) for each in node.args]
        return ast.unparse(self.node)

    @functools.cached_property
    def is_text(self) -> bool:
        """Whether it does nothing but name a text."""
        return (
            isinstance(self.node, ast.Assign)
            and isinstance(self.node.value, ast.Constant)
            and isinstance(self.node.value.value, str)
        )


def is_message(module: Module, node: ast.AST) -> bool:
    """Whether `node` makes a UserError, or writes to the log."""
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    if isinstance(function, ast.Name):
        known = is_user_error(module, function) or function.id in module.makers
        return node in module.thrown and known
    return (
        isinstance(function, ast.Attribute)
        and function.attr in LEVELS
        and _is_logger(module, function.value)
    )


def is_user_error(module: Module, node: ast.Name) -> bool:
    """Whether a name is that of `UserError`."""
    return Imported(f"{PACKAGE}.errors", "UserError") in module.bindings.get(node.id, ())


def chain_of(node: ast.AST) -> Chain | None:
    """The names of `a.b.c`, if it begins with a name."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    return (node.id, *reversed(attributes)) if isinstance(node, ast.Name) else None


def _is_logger(module: Module, node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        bound = module.bindings.get(node.id, [])
        values = [each.value for each in map(_assignment, bound) if each]
        return len(bound) == 1 and len(values) == 1 and _is_logger(module, values[0])
    if not isinstance(node, ast.Call):
        return False
    chain = chain_of(node.func)
    return chain is not None and module.sources(chain) == {"logging.getLogger"}


def _assignment(each: Part | Imported) -> ast.Assign | None:
    return each.node if isinstance(each, Part) and isinstance(each.node, ast.Assign) else None


def _wordless(node: ast.expr) -> ast.expr:
    """A message without its words; what is computed for it stays."""
    match node:
        case ast.Constant(value=str()):
            return ast.Constant("")
        case ast.JoinedStr():
            node.values = [each for each in node.values if not isinstance(each, ast.Constant)]
        case ast.BinOp(op=ast.Add()):
            node.left, node.right = _wordless(node.left), _wordless(node.right)
        case ast.IfExp():
            node.body, node.orelse = _wordless(node.body), _wordless(node.orelse)
    return node


class _Visitor(ast.NodeVisitor):
    """Collects what code refers to."""

    def __init__(self, module: Module) -> None:
        self.module, self.found = module, References()

    def of(self, node: ast.AST) -> References:
        self.visit(node)
        return self.found

    def visit_Name(self, node: ast.Name) -> None:
        self.found.names.add((node.id,))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        chain = chain_of(node)
        if chain is None:
            self.visit(node.value)
        else:
            self.found.names.add(chain)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.found.texts.add(node.value)

    def visit_Import(self, node: ast.Import) -> None:
        self.found.imports += [each for _, each in _imports(node, self.module.home)]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.found.imports += [each for _, each in _imports(node, self.module.home)]

    def visit_Call(self, node: ast.Call) -> None:
        if not is_message(self.module, node):
            self.generic_visit(node)
            return
        if isinstance(node.func, ast.Name):
            self.visit(node.func)
        elif isinstance(node.func, ast.Attribute) and not isinstance(node.func.value, ast.Call):
            self.visit(node.func.value)
        for argument in node.args:
            self._visit_message(argument)
        for keyword in node.keywords:
            self.visit(keyword)

    def _visit_message(self, node: ast.AST) -> None:
        """What stands in a message as a word of it is told apart from what is computed for it."""
        match node:
            case ast.Constant(value=str()):
                pass
            case ast.Name():
                self.found.in_messages.add((node.id,))
            case ast.Attribute() if chain := chain_of(node):
                self.found.in_messages.add(chain)
            case ast.JoinedStr():
                for part in node.values:
                    self._visit_message(part)
            case ast.FormattedValue():
                self._visit_message(node.value)
                if node.format_spec:
                    self.visit(node.format_spec)
            case ast.BinOp(op=ast.Add()):
                self._visit_message(node.left)
                self._visit_message(node.right)
            case ast.IfExp():
                self.visit(node.test)
                self._visit_message(node.body)
                self._visit_message(node.orelse)
            case _:
                self.visit(node)


def _thrown(tree: ast.Module) -> tuple[set[ast.AST], set[str]]:
    """The calls whose value is raised: at once, or by who calls the private function they end.

    And the names of these functions, as far as they give nothing but a UserError: what they are
    given are words of it.
    """
    raised: set[ast.AST] = {
        node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc
    }
    names: dict[str, list[ast.Name]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            names.setdefault(node.id, []).append(node)
    called = {call.func for call in raised if isinstance(call, ast.Call)}
    makers: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("_"):
            used = names.get(node.name, [])
            if used and called.issuperset(used):
                given = {x.value for x in ast.walk(node) if isinstance(x, ast.Return)}
                raised |= {value for value in given if value}
                functions = {getattr(value, "func", None) for value in given}
                if all(isinstance(x, ast.Name) and x.id == "UserError" for x in functions):
                    makers.add(node.name)
    return raised, makers


def _imports(node: ast.Import | ast.ImportFrom, home: str) -> Iterator[tuple[str, Imported]]:
    """The names that an import binds, and to what."""
    if isinstance(node, ast.Import):
        for each in node.names:
            yield each.asname or each.name.split(".")[0], Imported(each.name)
        return
    module = node.module or ""
    if node.level:
        above = home.split(".")[: len(home.split(".")) - node.level + 1]
        module = ".".join([*above, *[module] * bool(module)])
    for each in node.names:
        yield each.asname or each.name, Imported(module, each.name)


def _bound(node: ast.stmt) -> Iterator[str]:
    """The names that a statement at the top of a module gives a meaning."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            yield each.id
        elif isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield each.name


def _drop_docstrings(tree: ast.Module) -> None:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.copy_location(ast.Pass(), node.body[0])]
