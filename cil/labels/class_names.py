"""Classes by their names: which wnid a name means, in whatever spelling. Standard library alone."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

# The names of each class, its first one first, by wnid in the order of the class index.
Classes = Mapping[str, Sequence[str]]


@cache
def bundled(name: str) -> dict[str, Any]:
    """What comes with the package by that name, by wnid, in the order of ImageNet's classes.

    `classes` has the names of each class, WordNet's, first one first; others are label sets.
    """
    return json.loads(files("cil.bundled").joinpath(f"{name}.json").read_text(encoding="utf-8"))


class ClassNames:
    """The classes of each name, in the spelling given or in any.

    A name in its own case goes before one in another (Cardigan, the dog, and cardigan); a class's
    first name goes before another name of another class.
    """

    def __init__(self, classes: Classes) -> None:
        self.classes = classes
        self._spellings = {spelt: _by_name(classes, spelt) for spelt in (_spaced, _folded)}

    def meant(self, name: str) -> list[str]:
        """The wnids that `name` may mean: one if it is clear, none if it is no class's."""
        if name in self.classes:
            return [name]
        found = (by_name.get(spelt(name), []) for spelt, by_name in self._spellings.items())
        return next(filter(None, found), [])


def wnids_named(names: Iterable[object], wnids: Iterable[str]) -> list[str]:
    """The one of `wnids` that each of `names` means: itself, or a name that no other class has.

    >>> wnids_named(["Chihuahua", "tabby, tabby cat"], ["n02085620", "n02123045"])
    ['n02085620', 'n02123045']

    Raises ValueError for a name of no class, or of several.
    """
    known: dict[str, list[str]] = bundled("classes")
    classes = ClassNames({wnid: known.get(wnid, [wnid]) for wnid in wnids})
    found = []
    for number, name in enumerate(names):
        meant = classes.meant(str(name))
        if len(meant) != 1:
            what = f"{len(meant)} classes, {' and '.join(meant)}" if meant else "no class"
            raise ValueError(f"the data set, class {number}: {str(name)!r} is the name of {what}")
        found += meant
    return found


def _by_name(classes: Classes, spelt: Callable[[str], str]) -> dict[str, list[str]]:
    first, others = defaultdict(list), defaultdict(list)
    for wnid, names in classes.items():
        first[spelt(names[0])].append(wnid)
        for name in {spelt(name) for name in (", ".join(names), *names[1:])}:
            others[name].append(wnid)
    return {**others, **first}


def _spaced(name: str) -> str:
    return " ".join(name.replace("_", " ").split())


def _folded(name: str) -> str:
    return _spaced(name).casefold()
