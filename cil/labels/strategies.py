"""Ways to make a label set. Each is a pure function from a hierarchy, and what it asks for.

| strategy    | the label of a class                                                        |
|-------------|-----------------------------------------------------------------------------|
| `original`  | the class itself                                                            |
| `ancestor`  | the ancestor `levels` links up, along the shortest or the longest path      |
| `named`     | the name that a label file gives (strategies `published` and `file`)        |
| `consensus` | what the votes of a survey agree on (strategy `survey`)                     |
| `random`    | a control: classes dealt at random to groups of another label set's sizes   |
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
import pandas

from cil.errors import UserError
from cil.hierarchy import Hierarchy
from cil.labels.labelset import Label, LabelSet
from cil.labels.spelling import bearing, folded


def original(hierarchy: Hierarchy) -> LabelSet:
    """Every class is its own label."""
    return LabelSet(
        hierarchy, {wnid: Label(hierarchy.name(wnid), wnid) for wnid in hierarchy.classes}
    )


def ancestor(
    hierarchy: Hierarchy, levels: int, along: Literal["shortest", "longest"] = "shortest"
) -> LabelSet:
    """The ancestor `levels` links up (paper, §3.1), or the root where the path is shorter.

    Of several parents the path takes the one nearest to the root (`shortest`) or farthest
    from it (`longest`); ties go to the smaller wnid.
    """
    chosen = {}
    for wnid in hierarchy.classes:
        above = wnid
        for _ in range(levels):
            above = _parent(hierarchy, above, along)
        chosen[wnid] = Label(hierarchy.name(above), above)
    return LabelSet(hierarchy, chosen)


def _parent(hierarchy: Hierarchy, wnid: str, along: str) -> str:
    parents = hierarchy.parents(wnid)
    if not parents:
        return wnid
    if along == "shortest":
        return min(parents, key=lambda parent: (hierarchy.depth_min(parent), parent))
    return min(parents, key=lambda parent: (-hierarchy.depth_max(parent), parent))


def named(hierarchy: Hierarchy, names: Mapping[str, str]) -> LabelSet:
    """The names of a label file; classes of one name share one label.

    A label's synset is the lowest one at or above all its classes that bears the name, in
    whatever case; where there is none, as for the published `gun` over a holster, the label
    has a name only.
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
        name: label if keepers.get(label.wnid) == name else Label(name)
        for name, label in labels.items()
    }


def _label(hierarchy: Hierarchy, name: str, wnids: list[str]) -> Label:
    """The label of a name; "crane (wading bird)", as label files write homonyms, is a crane."""

    def lowest(synsets: Iterable[str]) -> str:
        return max(synsets, key=lambda wnid: (hierarchy.depth_max(wnid), wnid))

    common = hierarchy.common_ancestors(wnids)
    if synsets := bearing(hierarchy, common, name):
        return Label(name, lowest(synsets))
    if synsets := [wnid for wnid in common if folded(name) in _qualified(hierarchy, wnid, wnids)]:
        return Label(hierarchy.name(lowest(synsets)), lowest(synsets))
    return Label(name)


def _qualified(hierarchy: Hierarchy, wnid: str, classes: Iterable[str]) -> set[str]:
    """All names that `LabelSet.names` may give a homonym over these classes, folded."""
    near = [*hierarchy.parents(wnid)[:1], *classes]
    qualifiers = {wnid, *map(hierarchy.name, near)}
    return {folded(f"{hierarchy.name(wnid)} ({qualifier})") for qualifier in qualifiers}


def consensus(hierarchy: Hierarchy, table: pandas.DataFrame) -> LabelSet:
    """What the votes agree on; `table` is the artifact `survey/consensus.parquet`."""
    return LabelSet(
        hierarchy,
        {
            row.wnid: Label(row.label)
            if pandas.isna(row.label_wnid)
            else Label(hierarchy.name(row.label_wnid), row.label_wnid)
            for row in table.itertuples()
        },
        simulated_votes=bool(table["simulated"].any()),
    )


def random(hierarchy: Hierarchy, like: LabelSet, seed: int = 0) -> LabelSet:
    """Classes dealt at random to groups of the sizes of `like`: what merging alone gains."""
    if like.classes != hierarchy.classes:
        raise UserError("strategy random: `like` has other classes than the hierarchy")
    shuffled = np.random.default_rng(seed).permutation(like.label_index)
    return LabelSet(
        hierarchy,
        {
            wnid: Label(f"random group {group + 1}")
            for wnid, group in zip(hierarchy.classes, shuffled.tolist(), strict=True)
        },
        like.simulated_votes,
    )
