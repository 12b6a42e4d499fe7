"""What a strategy is: a way to make a label set, in one file under cil/labels/strategies/.

The file `my_way.py` there is the strategy `my-way`. It defines a function from a hierarchy, the
files that it reads and its keys to a label set, and says what it is:

    def my_way(
        hierarchy: Hierarchy,
        familiarity: Annotated[Mapping[str, float], FAMILIARITY],
        penalty: Annotated[float, Key("taken off for each level up", minimum=0)] = 0.5,
    ) -> LabelSet: ...

    STRATEGY = Strategy(my_way, summary="the best of …", card="Each class takes …")

Nothing else has to know of it: the configuration's schema, its checks, the steps' inputs and the
data cards of label sets follow from that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, get_type_hints

from cil.configuration.keys import Parameter, annotation_of, keys_of
from cil.hierarchy import Hierarchy
from cil.labels.labelset import LabelSet


@dataclass(frozen=True)
class Input:
    """A file that a strategy reads.

    Args:
        path: within the experiment's folder, or from resources/ on; {key} in it stands for the
            value of a key. "{path}" alone is a file of the user's.
        read: gives what the strategy is to get, from the path and the hierarchy.
    """

    path: str
    read: Callable[[str | Path, Hierarchy], Any]

    @property
    def is_raw(self) -> bool:
        """Whether no step of the experiment makes it."""
        return self.path.startswith(("resources/", "{"))


@dataclass(frozen=True)
class Strategy:
    """A way to make a label set.

    Args:
        function: makes it, from a hierarchy, its inputs and its keys, as its signature says.
        summary: a phrase for the configuration's reference: what the label of a class is.
        card: sentences for the data card of a label set: how it was made.
    """

    function: Callable[..., LabelSet]
    summary: str
    card: str

    @cached_property
    def keys(self) -> dict[str, Parameter]:
        """Its keys in the configuration."""
        return keys_of(self.function)

    @cached_property
    def inputs(self) -> dict[str, Input]:
        """The files that it reads, by parameter."""
        hints = get_type_hints(self.function, include_extras=True)
        given = {name: annotation_of(Input, hint) for name, hint in hints.items()}
        return {name: each for name, each in given.items() if each is not None}

    def paths(self, entry: Mapping[str, Any], folder: str) -> dict[str, str]:
        """The files that it reads, by parameter.

        Args:
            entry: the entry `labelsets.<name>` of the configuration.
            folder: the experiment's.
        """
        paths = {name: each.path.format(**entry) for name, each in self.inputs.items()}
        return {
            name: path if self.inputs[name].is_raw else f"{folder}/{path}"
            for name, path in paths.items()
        }

    def raw_files(self, entry: Mapping[str, Any]) -> list[str]:
        """Those of them that no step of the experiment makes."""
        return [each.path.format(**entry) for each in self.inputs.values() if each.is_raw]

    def make(
        self, hierarchy: Hierarchy, entry: Mapping[str, Any], paths: Mapping[str, str | Path]
    ) -> LabelSet:
        """The label set that `entry` asks for; `paths` gives the files by parameter."""
        keys = {name: entry[name] for name in self.keys if name in entry}
        read = {name: each.read(paths[name], hierarchy) for name, each in self.inputs.items()}
        return self.function(hierarchy, **keys | read)
