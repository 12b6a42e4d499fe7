"""Taking a count out of a parsed reply, and nothing that is not one."""

from typing import Any

from cil.search.source import NoCount

LARGEST_COUNT = 10**15  # the largest corpora hold some 10**13 words, Google shows up to 10**11


def usable_count(value: Any) -> float:
    """`value` if it can be a count, as it stands in JSON; NoCount with the reason if not."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise NoCount(f"the count is {value!r}; expected a whole number")
    if not 0 <= value <= LARGEST_COUNT:
        raise NoCount(f"the count is {value}; expected 0 to {LARGEST_COUNT:.0e}")
    return float(value)


def at(payload: Any, *path: str | int) -> Any:
    """The value at `path` within parsed JSON; NoCount if the reply lacks it."""
    value = payload
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            raise NoCount(f"the reply lacks {'.'.join(map(str, path))}") from None
    return value
