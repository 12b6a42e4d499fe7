"""Strategy `original`: every class its own label."""

from cil.hierarchy import Hierarchy
from cil.labels.labelset import Label, LabelSet
from cil.labels.strategy import Strategy


def original(hierarchy: Hierarchy) -> LabelSet:
    """Every class is its own label."""
    return LabelSet(
        hierarchy, {wnid: Label(hierarchy.name(wnid), wnid) for wnid in hierarchy.classes}
    )


STRATEGY = Strategy(
    original, summary="every class its own label", card="Every class is its own label."
)
