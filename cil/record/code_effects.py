"""Whether running a statement when its module is imported changes anything but what it names.

A function, a class or a constant that nobody refers to is without effects if its decorators, bases,
defaults and values are known to be. What is not certain counts as an effect.
"""

import ast
import functools

from cil.record.code_parts import Module, Part, chain_of

# What may be called without any effect but the value.
PURE = set(
    "tuple list dict set frozenset range len sorted min max str int float bool "
    "pathlib.Path re.compile logging.getLogger typing.TypeVar dataclasses.field".split()
)
# What only wraps the function or class that it decorates.
WRAPPERS = set(
    "property staticmethod classmethod functools.cache functools.cached_property "
    "contextlib.contextmanager dataclasses.dataclass typing.runtime_checkable torch.no_grad".split()
)
# Classes that are not told who inherits from them.
PLAIN_BASES = set("object Exception ValueError typing.Protocol typing.NamedTuple".split())
# What is evaluated without a call of anything that could have effects.
PLAIN = (
    *(ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Starred, ast.Lambda),
    *(ast.Tuple, ast.List, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp),
    *(ast.GeneratorExp, ast.comprehension, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare),
    *(ast.IfExp, ast.JoinedStr, ast.FormattedValue, ast.operator, ast.unaryop, ast.boolop),
    *(ast.cmpop, ast.expr_context, ast.arguments, ast.arg, ast.keyword),
)


@functools.cache
def has_effects(part: Part) -> bool:
    """Whether a statement at the top of a module may do more than define what it names."""
    return not _is_inert(part.module, part.node)


def _is_inert(module: Module, node: ast.stmt) -> bool:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            arguments = node.args
            given = [
                *arguments.defaults,
                *filter(None, arguments.kw_defaults),
                *(each.annotation for each in _arguments(arguments) if each.annotation),
                *filter(None, [node.returns]),
            ]
            return _wrapped(module, node) and all(_is_plain(module, each) for each in given)
        case ast.ClassDef():
            return (
                not node.keywords
                and _wrapped(module, node)
                and all(_is_plain_base(module, each) for each in node.bases)
                and all(_is_inert(module, each) for each in node.body)
            )
        case ast.Assign():
            named = all(_is_name(target) for target in node.targets)
            return named and _is_plain(module, node.value)
        case ast.AnnAssign():
            values = filter(None, [node.annotation, node.value])
            return _is_name(node.target) and all(_is_plain(module, each) for each in values)
        case ast.Expr():
            return isinstance(node.value, ast.Constant)
        case ast.Pass():
            return True
        case ast.If():
            return ast.unparse(node.test) == "__name__ == '__main__'" and not node.orelse
    return False


def _wrapped(module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Whether its decorators only wrap it."""
    for each in node.decorator_list:
        call = each.func if isinstance(each, ast.Call) else each
        chain = chain_of(call)
        if chain is None or not module.sources(chain) or not module.sources(chain) <= WRAPPERS:
            return False
        if isinstance(each, ast.Call) and not all(
            _is_plain(module, given)
            for given in (*each.args, *(keyword.value for keyword in each.keywords))
        ):
            return False
    return True


def _is_plain_base(module: Module, node: ast.expr) -> bool:
    """Whether a class can inherit from it unnoticed; subscripts of it, too."""
    chain = chain_of(node.value if isinstance(node, ast.Subscript) else node)
    if chain is None:
        return False
    bound = module.bindings.get(chain[0], [])
    parts = [each for each in bound if isinstance(each, Part)]
    if len(chain) == 1 and parts and len(parts) == len(bound):
        return all(isinstance(x.node, ast.ClassDef) and not has_effects(x) for x in parts)
    return bool(module.sources(chain)) and module.sources(chain) <= PLAIN_BASES


def _is_plain(module: Module, node: ast.AST) -> bool:
    for each in ast.walk(node):
        if isinstance(each, ast.Call):
            chain = chain_of(each.func)
            of_text = isinstance(each.func, ast.Attribute) and isinstance(
                each.func.value, ast.Constant
            )
            sources = module.sources(chain) if chain else set()
            if not of_text and not (sources and sources <= PURE):
                return False
        elif not isinstance(each, PLAIN):
            return False
    return True


def _is_name(node: ast.expr) -> bool:
    names = node.elts if isinstance(node, ast.Tuple) else [node]
    return all(isinstance(each, ast.Name) for each in names)


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    beside = filter(None, [arguments.vararg, arguments.kwarg])
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *beside]
