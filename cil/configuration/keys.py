"""Keys of the configuration, declared where they are used: at the parameters of a function.

    def ancestor(
        hierarchy: Hierarchy,
        levels: Annotated[int, Key("links to go up from a class", minimum=1, maximum=20)],
        along: Annotated[Literal["shortest", "longest"], Key("which path up")] = "shortest",
    ) -> LabelSet: ...

has the keys `levels`, which is needed, and `along`. What the configuration's schema says of them,
and which of them may be left out, follows from types, defaults and what `Key` holds.
"""

import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


@dataclass(frozen=True)
class Key:
    """What a person needs to know of a key, and what its values may be beside their type.

    Args:
        description: a phrase without its full stop; what is so by default is added to it.
        minimum, maximum: bounds of a number, or of each number of a list.
        min_length: of a text, or of each text of a list.
        entry_of: the section whose entries the value names, as "labelsets" does.
        is_file: whether the value is the path of a file that the user has.
    """

    description: str
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    entry_of: str = ""
    is_file: bool = False


@dataclass(frozen=True)
class Parameter:
    """A parameter that is a key of the configuration: what is said of it, and its schema."""

    key: Key
    default: Any  # inspect.Parameter.empty if it is needed
    schema: dict[str, Any]

    @property
    def needed(self) -> bool:
        """Whether it has no default."""
        return self.default is inspect.Parameter.empty

    def described(self, prefix: str = "") -> str:
        """Its description as a sentence, with what is so by default."""
        by_default = () if self.needed or self.default in (None, (), "") else [self.default]
        return (
            "; ".join(
                [
                    f"{prefix}{self.key.description}",
                    *(f"{each} if not given" for each in by_default),
                ]
            )
            + "."
        )


def keys_of(function: Callable) -> dict[str, Parameter]:
    """The parameters of a function, or fields of a dataclass, that are keys, in their order.

    >>> def up(classes: list, levels: Annotated[int, Key("links to go up", minimum=1)] = 2): ...
    >>> keys = keys_of(up)
    >>> keys["levels"].schema, keys["levels"].described()
    ({'type': 'integer', 'minimum': 1}, 'links to go up; 2 if not given.')
    >>> list(keys)
    ['levels']
    """
    hints = get_type_hints(function, include_extras=True)
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        key = annotation_of(Key, hints[name])
        if key is not None:
            found[name] = Parameter(key, parameter.default, _schema(get_args(hints[name])[0], key))
    return found


def section(keys: type) -> dict[str, Any]:
    """The schema of a section of the configuration whose keys, with defaults, are those fields."""
    properties = {
        name: {
            "description": f"{each.key.description}.",
            **each.schema,
            **({} if each.needed else {"default": each.default}),
        }
        for name, each in keys_of(keys).items()
    }
    return {
        "description": f"{(keys.__doc__ or '').strip().splitlines()[0]}",
        "type": "object",
        "additionalProperties": False,
        "default": {},
        "properties": properties,
    }


def annotation_of(kind: type, hint: Any) -> Any:
    """What a type hint says beside the type, if it is of `kind`."""
    beside = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((each for each in beside if isinstance(each, kind)), None)


def _schema(hint: Any, key: Key) -> dict[str, Any]:
    """The JSON Schema of a type that a value in the configuration may have."""
    if key.entry_of or key.is_file:
        return _bounded("string", key)
    origin, inner = get_origin(hint), [each for each in get_args(hint) if each is not type(None)]
    if origin is Literal:
        return {"enum": inner}
    if origin in (Union, types.UnionType) and len(inner) == 1:
        return _schema(inner[0], key)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return {"type": "array", "items": _schema(inner[0], key)}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        names = {"type": "string"}
        values = _schema(inner[1], key)
        return {"type": "object", "propertyNames": names, "additionalProperties": values}
    if hint in _TYPES:
        return _bounded(_TYPES[hint], key)
    raise TypeError(f"no value in a configuration is of type {hint}")


def _bounded(kind: str, key: Key) -> dict[str, Any]:
    bounds = {"minimum": key.minimum, "maximum": key.maximum, "minLength": key.min_length}
    form = {"format": "path"} if key.is_file else {}
    return {
        "type": kind,
        **form,
        **{word: each for word, each in bounds.items() if each is not None},
    }
