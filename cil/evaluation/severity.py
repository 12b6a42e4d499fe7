"""How bad a mistake is: how far up the hierarchy the answer and the truth meet."""

import numpy as np

from cil.hierarchy import Hierarchy
from cil.labels.labelset import LabelSet


def severities(hierarchy: Hierarchy, labelset: LabelSet) -> np.ndarray:
    """The height of the lowest common ancestor of each class and each label.

    A synset's height is the longest way down from it to a class; of several lowest common
    ancestors the lowest counts. A label that is no synset stands for what its classes have in
    common. For original labels this is the measure of Bertinetto et al. 2020, "Making Better
    Mistakes". uint8 (classes, labels); a class with itself has 0.
    """
    above = [hierarchy.ancestors(wnid) | {wnid} for wnid in labelset.classes]
    labels = [
        hierarchy.ancestors(label.wnid) | {label.wnid}
        if label.wnid in hierarchy.synsets
        else hierarchy.common_ancestors(group)
        for label, group in zip(labelset.labels, labelset.groups, strict=True)
    ]
    heights = hierarchy.heights
    met = np.full((len(above), len(labels)), max(heights.values()), np.uint8)
    below_rows, below_columns = _below(above), _below(labels)
    # From high to low, so that the lowest common ancestor is what stays.
    for wnid in sorted(below_columns, key=heights.__getitem__, reverse=True):
        met[np.ix_(below_rows.get(wnid, []), below_columns[wnid])] = heights[wnid]
    return met


def mean_severity(
    met: np.ndarray, classes: np.ndarray, predicted: np.ndarray, correct: np.ndarray
) -> float:
    """The mean severity of the wrong answers; NaN if there is none.

    Args:
        met: the matrix of `severities`.
        classes: the true class of each picture; predicted: the label answered.
    """
    wrong = ~correct
    return float(met[classes[wrong], predicted[wrong]].mean()) if wrong.any() else float("nan")


def _below(above: list[frozenset[str]]) -> dict[str, list[int]]:
    """For each synset, the positions in `above` that it lies above."""
    below: dict[str, list[int]] = {}
    for position, wnids in enumerate(above):
        for wnid in wnids:
            below.setdefault(wnid, []).append(position)
    return below
