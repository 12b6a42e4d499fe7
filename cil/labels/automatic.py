"""Cuts through the whole hierarchy, which choose labels by how familiar their names are."""

from collections.abc import Sequence

import pandas

from cil.hierarchy import Hierarchy
from cil.labels.agreement import agreement
from cil.labels.labelset import SIMULATED, Label, LabelSet
from cil.labels.worth import WEIGHTS, Weights, worth_of_names


def tree_cut(
    hierarchy: Hierarchy,
    naming: pandas.DataFrame,
    labels: int | None = None,
    reward: float = 0.0,
    weights: Weights = WEIGHTS,
) -> LabelSet:
    """The consistent cut whose names serve the classes best; see `cil.labels.cut`.

    Args:
        hierarchy: the classes and what lies above them.
        naming: the table of `cil.labels.naming`, indexed by wnid.
        labels: how many labels to end with, or as near as a cut can come.
        reward: where `labels` is not given, what each further label is worth.
        weights: of what makes a good name.
    """
    from cil.labels.cut import best_cut  # the solver takes a second to load

    chosen = best_cut(hierarchy, worth_of_names(hierarchy, naming, weights), labels, reward)
    return LabelSet(
        hierarchy,
        {wnid: Label(hierarchy.name(above), above) for wnid, above in chosen.items()},
    )


def tree_cut_sizes(
    hierarchy: Hierarchy,
    naming: pandas.DataFrame,
    reference: LabelSet,
    wanted: Sequence[int] = tuple(range(100, 901, 50)),
) -> pandas.DataFrame:
    """The cut at several numbers of labels: a row for each, with its agreement with a reference."""
    sizes = [size for size in wanted if size <= len(hierarchy.classes)] or [len(reference)]
    rows = []
    for size in sizes:
        labelset = tree_cut(hierarchy, naming, size)
        largest = int(labelset.sizes.argmax())
        rows.append(
            {"wanted": size, "labels": len(labelset), **agreement(labelset, reference)}
            | {"largest_label": labelset.names[largest], "largest_size": labelset.sizes[largest]}
            | {SIMULATED: reference.simulated_votes}
        )
    return pandas.DataFrame(rows)
