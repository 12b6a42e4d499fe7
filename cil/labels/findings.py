"""What an audit finds."""

from collections.abc import Sequence
from dataclasses import dataclass

from cil.hierarchy import Hierarchy

_SHOWN = 8


@dataclass(frozen=True)
class Finding:
    """One fault, or what looks like one: the classes that it touches, why, what to do."""

    label: str
    finding: str
    classes: tuple[str, ...]
    detail: str
    suggestion: str


def names_of(hierarchy: Hierarchy, wnids: Sequence[str]) -> str:
    """The first names of some synsets, and how many more there are."""
    names = [hierarchy.name(wnid) for wnid in wnids]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
