"""Label sets from the names in label files, whoever wrote them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas

from cil.errors import UserError
from cil.files import read_parquet
from cil.hierarchy import Hierarchy
from cil.labels.display import display_name
from cil.labels.label_file import read_label_file
from cil.labels.label_forms import TAKEN
from cil.labels.labelset import Label, LabelSet
from cil.labels.spelling import bearing, folded, meaning


def from_file(hierarchy: Hierarchy, path: str | Path) -> LabelSet:
    """The label set in a file of any form that `cil.labels.label_file` reads.

    Raises UserError, naming the file, if it misses a class, names an unknown one, or is of no form
    that is taken.
    """
    if Path(path).suffix == ".parquet" and "label_index" in read_parquet(path, mend=TAKEN):
        return LabelSet.read(path, hierarchy)  # an artifact of this project, homonyms and all
    labels = _labels_of(hierarchy, path)
    try:
        return LabelSet(hierarchy, labels)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def read_labels(hierarchy: Hierarchy, path: str | Path) -> dict[str, Label]:
    """The labels in a file of any form, by wnid, of whatever classes it has.

    A class whose label is empty is left out, as it has none. Raises UserError, naming the file,
    if it is of no form that is taken, or gives a wnid two labels or one that is no text.
    """
    return {
        wnid: label for wnid, label in _labels_of(hierarchy, path).items() if label.name.strip()
    }


def _labels_of(hierarchy: Hierarchy, path: str | Path) -> dict[str, Label]:
    return labels_in_table(hierarchy, read_label_file(path, hierarchy.names_of_classes))


def labels_in_table(hierarchy: Hierarchy, table: pandas.DataFrame) -> dict[str, Label]:
    """The label of each wnid in a table with the columns wnid, label, label_wnid (perhaps None)."""
    synsets = dict(zip(table["wnid"], table["label_wnid"], strict=True))
    labels = labels_named(hierarchy, dict(zip(table["wnid"], table["label"], strict=True)))
    return {
        wnid: Label(hierarchy.name(synsets[wnid]), synsets[wnid])
        if synsets[wnid] in hierarchy.synsets
        else label
        for wnid, label in labels.items()
    }


def named(hierarchy: Hierarchy, names: Mapping[str, str]) -> LabelSet:
    """The names of a label file; classes of one name share one label.

    A label's synset is the lowest one at or above all its classes that bears the name, in
    whatever case, or is shown by it; where there is none, as for the published `gun` over a
    holster, the label has a name only.
    """
    return LabelSet(hierarchy, labels_named(hierarchy, names))


def labels_named(hierarchy: Hierarchy, names: Mapping[str, str]) -> dict[str, Label]:
    """The label of each wnid in a label file, as in `named`; strangers keep their names."""
    members: dict[str, list[str]] = defaultdict(list)
    for wnid, name in names.items():
        if wnid in hierarchy.index:
            members[name].append(wnid)
    labels = {name: _label(hierarchy, name, of) for name, of in members.items()}
    labels = _one_to_a_synset(hierarchy, labels)
    return {wnid: labels.get(name, Label(name)) for wnid, name in names.items()}


def _one_to_a_synset(hierarchy: Hierarchy, labels: Mapping[str, Label]) -> dict[str, Label]:
    """Labels by name, no two of one synset: "dog" and "Dog" would be read back as one label.

    WordNet's own name keeps the synset, or else the first; the others have a name only.
    """
    keepers: dict[str, str] = {}
    for name, label in labels.items():
        if label.wnid and (label.wnid not in keepers or name == hierarchy.name(label.wnid)):
            keepers[label.wnid] = name
    return {
        name: label if label.wnid and keepers[label.wnid] == name else Label(name)
        for name, label in labels.items()
    }


def _label(hierarchy: Hierarchy, name: str, wnids: list[str]) -> Label:
    """The label of a name; "crane (wading bird)", as label files write homonyms, is a crane."""

    def lowest(synsets: Iterable[str]) -> str:
        return max(synsets, key=lambda wnid: (hierarchy.depth_max(wnid), wnid))

    common = hierarchy.common_ancestors(wnids)
    if named := bearing(hierarchy, common, name):
        return Label(name, lowest(named))
    if shown := [wnid for wnid in common if folded(display_name(wnid, "")) == folded(name)]:
        return Label(name, lowest(shown))
    if synsets := [wnid for wnid in common if folded(name) in _qualified(hierarchy, wnid, wnids)]:
        return Label(hierarchy.name(lowest(synsets)), lowest(synsets))
    return Label(name)


def _qualified(hierarchy: Hierarchy, wnid: str, classes: Iterable[str]) -> set[str]:
    """All names that `LabelSet` may give or show of a homonym over these classes, folded."""
    near = [*hierarchy.parents(wnid)[:1], *classes]
    qualifiers = {wnid, meaning(hierarchy, wnid), *map(hierarchy.name, near)}
    names = {hierarchy.name(wnid), display_name(wnid, hierarchy.name(wnid))}
    return {folded(f"{name} ({qualifier})") for name in names for qualifier in qualifiers}
