"""Strategy `ancestor`: the ancestor some levels up (paper, §3.1)."""

from typing import Annotated, Literal

from cil.configuration.keys import Key
from cil.hierarchy import Hierarchy
from cil.labels.labelset import Label, LabelSet
from cil.labels.strategy import Strategy


def ancestor(
    hierarchy: Hierarchy,
    levels: Annotated[int, Key("links to go up from a class", minimum=1, maximum=20)],
    along: Annotated[
        Literal["shortest", "longest"], Key("which path up, where a class has several")
    ] = "shortest",
) -> LabelSet:
    """The ancestor `levels` links up, or the root where the path is shorter.

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


STRATEGY = Strategy(
    ancestor,
    summary="the ancestor some levels up",
    card="Each class takes the name of its ancestor some links up in WordNet.",
)
