"""Strategy `entry-level`: the familiar name, at a price for each level up.

Ordonez et al. 2013, *From Large Scale Image Categorization to Entry-Level Categories*.
"""

import math
from collections.abc import Mapping
from typing import Annotated

from cil.configuration.keys import Key
from cil.hierarchy import Hierarchy
from cil.labels.candidates import FAMILIARITY, best_of_each
from cil.labels.labelset import LabelSet
from cil.labels.strategy import Strategy


def entry_level(
    hierarchy: Hierarchy,
    familiarity: Annotated[Mapping[str, float], FAMILIARITY],
    penalty: Annotated[
        float, Key("taken off the log10 of the count for each level up", minimum=0, maximum=100)
    ],
) -> LabelSet:
    """The largest log10 count minus `penalty` per link up; of equal ones the more specific."""
    return best_of_each(
        hierarchy,
        lambda candidate: (
            math.log10(1 + familiarity.get(candidate.wnid, 0.0)) - penalty * candidate.steps
        ),
    )


STRATEGY = Strategy(
    entry_level,
    summary="the largest log10 count minus a penalty for each level up",
    card="Each class takes the name on its way up that is most familiar for its depth.",
)
