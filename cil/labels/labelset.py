"""A label set: one label for every class, written as a drop-in label file and as a table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas

from cil.errors import UserError
from cil.files import write_json, write_parquet
from cil.hierarchy import Hierarchy
from cil.labels.display import display_name
from cil.labels.label_file import read_label_table
from cil.labels.spelling import bearing, meaning

COLUMNS = ("index", "wnid", "name", "label", "label_index", "label_wnid")
SIMULATED = "simulated_votes"  # a column that files from elsewhere lack
DISPLAY = "display"  # another: the label's name as people are shown it
OTHER = "other"  # the label of what fits nowhere


@dataclass(frozen=True)
class Label:
    """A label: a synset of the hierarchy, or, where `wnid` is None, a name of someone's own.

    Two labels of one name but different synsets are different labels.
    """

    name: str
    wnid: str | None = None


class LabelSet:
    """One label for each class of a hierarchy.

    `label_index` numbers the labels in the order of their first class, so that the index of
    an original label is the class's own. `names` are unique: labels that share a name get the
    name of their parent synset in brackets, "crane (wading bird)", or of their first class,
    "table (dining table)".

    Args:
        hierarchy: gives the classes, their order and their names.
        labels: the label of every class, by wnid.
        simulated_votes: whether the labels come from votes that a computer cast.

    Raises:
        UserError: a class has no label, a label is given to a stranger, or a name is empty.

    >>> from cil.hierarchy import Synset
    >>> names = {"n1": "pug", "n2": "collie", "n3": "oven"}
    >>> synsets = {wnid: Synset(wnid, name, name, (name,), "") for wnid, name in names.items()}
    >>> hierarchy = Hierarchy(list(names), synsets, [])
    >>> labels = LabelSet(hierarchy, {"n1": Label("dog"), "n2": Label("dog"), "n3": Label("oven")})
    >>> labels.names, labels.label_index.tolist(), labels.groups
    (('dog', 'oven'), [0, 0, 1], (('n1', 'n2'), ('n3',)))
    """

    def __init__(
        self, hierarchy: Hierarchy, labels: Mapping[str, Label], simulated_votes: bool = False
    ) -> None:
        _check_complete(hierarchy, labels)
        self.simulated_votes = simulated_votes
        self.hierarchy = hierarchy
        self.classes = hierarchy.classes
        self.labels = tuple(dict.fromkeys(labels[wnid] for wnid in self.classes))
        number = {label: index for index, label in enumerate(self.labels)}
        self.label_index = np.array([number[labels[wnid]] for wnid in self.classes])

    def __len__(self) -> int:
        """How many labels there are."""
        return len(self.labels)

    def label_of(self, wnid: str) -> Label:
        """The label of a class."""
        return self.labels[self.label_index[self.hierarchy.index[wnid]]]

    @cached_property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The classes of each label, in class order, by label index."""
        groups: list[list[str]] = [[] for _ in self.labels]
        for wnid, index in zip(self.classes, self.label_index, strict=True):
            groups[index].append(wnid)
        return tuple(map(tuple, groups))

    @cached_property
    def sizes(self) -> np.ndarray:
        """How many classes each label has, by label index."""
        return np.bincount(self.label_index, minlength=len(self))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """A unique name for each label, by label index: WordNet's, which label files carry."""
        return self._unique([label.name for label in self.labels])

    @cached_property
    def display(self) -> tuple[str, ...]:
        """A unique name for each label, by label index, to show to people."""
        return self._unique([self._shown(label) for label in self.labels])

    def display_in(self, names: Mapping[str, str]) -> tuple[str, ...]:
        """`display` in another language: `names` by wnid.

        A label without one keeps its own, as does one that somebody gave a name.
        """
        return self._unique(
            [
                names[label.wnid]
                if label.wnid in names
                and label.wnid
                and bearing(self.hierarchy, [label.wnid], label.name)
                else shown
                for label, shown in zip(self.labels, self.display, strict=True)
            ]
        )

    def _shown(self, label: Label) -> str:
        """A name that WordNet puts first is no choice of anybody's; any other is kept."""
        chosen = not label.wnid or label.name != self.hierarchy.name(label.wnid)
        return label.name if chosen else display_name(label.wnid, label.name)

    def _unique(self, plain: list[str]) -> tuple[str, ...]:
        names = plain
        for qualifier in (self._parent_name, self._first_class_name, self._meaning, self._wnid):
            shared = {name for name, times in Counter(names).items() if times > 1}
            names = [
                f"{own} ({qualifier(index)})" if name in shared and label.wnid else name
                for index, (name, own, label) in enumerate(
                    zip(names, plain, self.labels, strict=True)
                )
            ]
        return tuple(names)

    def _parent_name(self, index: int) -> str | None:
        wnid = self.labels[index].wnid
        parents = self.hierarchy.parents(wnid) if wnid else ()
        name = self.hierarchy.name(parents[0]) if parents else ""
        return name if name not in ("", self.labels[index].name) else self._meaning(index)

    def _first_class_name(self, index: int) -> str | None:
        name = self.hierarchy.name(self.groups[index][0])
        return name if name != self.labels[index].name else self._meaning(index)

    def _meaning(self, index: int) -> str | None:
        wnid = self.labels[index].wnid
        return (wnid and meaning(self.hierarchy, wnid)) or wnid

    def _wnid(self, index: int) -> str | None:
        return self.labels[index].wnid

    def table(self, display: Sequence[str] = ()) -> pandas.DataFrame:
        """A row per class: index, wnid, name, label, label_index, label_wnid, simulated_votes, and
        `display`, the label as people are shown it, by label index if others are given."""
        display = display or self.display
        rows = [
            (
                index,
                wnid,
                self.hierarchy.name(wnid),
                self.names[label],
                label,
                self.labels[label].wnid,
                self.simulated_votes,
                display[label],
            )
            for index, (wnid, label) in enumerate(
                zip(self.classes, self.label_index.tolist(), strict=True)
            )
        ]
        table = pandas.DataFrame(rows, columns=[*COLUMNS, SIMULATED, DISPLAY])
        return table.astype({"label_wnid": "string"})

    def label_file(self) -> dict[str, str]:
        """{wnid: label name}, as label files have it."""
        pairs = zip(self.classes, self.label_index, strict=True)
        return {wnid: self.names[label] for wnid, label in pairs}

    def write(self, json: str | Path, parquet: str | Path) -> None:
        """Write `label_file` to `json` and the table to `parquet`."""
        write_json(self.label_file(), json)
        write_parquet(self.table(), parquet)

    @classmethod
    def read(cls, path: str | Path, hierarchy: Hierarchy) -> "LabelSet":
        """The label set of a Parquet artifact.

        Raises UserError if a class is missing, unknown or given twice, if an index stands for two
        labels or a label for two indices, or if label_index is not in the order of the classes.
        """
        table = read_label_table(path, COLUMNS)
        labels = {
            row.wnid: Label(
                row.label if row.label_wnid is None else _name(hierarchy, row, path),
                row.label_wnid,
            )
            for row in table.itertuples()
        }
        try:
            labelset = cls(hierarchy, labels, SIMULATED in table and bool(table[SIMULATED].any()))
        except UserError as error:
            raise UserError(f"{path}: {error}") from None
        _check_indices(table, labelset, path)
        return labelset


def _name(hierarchy: Hierarchy, row: Any, path: str | Path) -> str:
    if row.label_wnid not in hierarchy.synsets:
        raise UserError(
            f"{path}, class {row.wnid}: label_wnid {row.label_wnid} is neither a class nor an "
            "ancestor of one in this experiment; correct it or leave it empty"
        )
    # A homonym was written with a qualifier; all else is a name of the synset, or a person's own.
    name, bracket, _ = row.label.rpartition(" (")
    if bracket and row.label.endswith(")") and bearing(hierarchy, [row.label_wnid], name):
        return name
    others = (hierarchy.ancestors(row.wnid) | {row.wnid}) - {row.label_wnid}
    mistaken = bearing(hierarchy, others, row.label)
    own = bearing(hierarchy, [row.label_wnid], row.label)
    # The name of another synset over the class is no choice of anybody's, but damage.
    return hierarchy.name(row.label_wnid) if mistaken and not own else row.label


def _check_complete(hierarchy: Hierarchy, labels: Mapping[str, Label]) -> None:
    for wrong, what in (
        (sorted(set(hierarchy.classes) - set(labels)), "without a label"),
        (sorted(set(labels) - set(hierarchy.classes)), "labelled but unknown"),
    ):
        if wrong:
            raise UserError(
                f"label set: {len(wrong)} of {len(hierarchy.classes)} classes {what}: "
                f"{', '.join(wrong[:5])}{', …' if len(wrong) > 5 else ''}; "
                "give every class of the data set exactly one label"
            )
    for wnid, label in labels.items():
        if not isinstance(label.name, str) or not label.name.strip():
            raise UserError(f"label set, class {wnid}: the label is {label.name!r}; give it a name")


def _check_indices(table: pandas.DataFrame, labelset: LabelSet, path: str | Path) -> None:
    expected = dict(zip(labelset.classes, labelset.label_index.tolist(), strict=True))
    for row in table.itertuples():
        if row.label_index != expected[row.wnid]:
            raise UserError(
                f"{path}, class {row.wnid}: label_index is {row.label_index}, expected "
                f"{expected[row.wnid]} for {row.label!r} (labels are numbered in the order of "
                "their first class, one number for each synset or name)"
            )
