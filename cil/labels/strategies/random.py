"""Strategy `random`: a control, which shows what merging alone gains."""

from typing import Annotated

import numpy as np

from cil.configuration.keys import Key
from cil.errors import UserError
from cil.hierarchy import Hierarchy
from cil.labels.labelset import Label, LabelSet
from cil.labels.strategy import Input, Strategy


def random(
    hierarchy: Hierarchy,
    like: Annotated[
        LabelSet,
        Key("the label set whose group sizes to take", entry_of="labelsets"),
        Input("labels/{like}.parquet", LabelSet.read),
    ],
    seed: Annotated[int, Key("seed of the shuffle", minimum=0)] = 0,
) -> LabelSet:
    """Classes dealt at random to groups of the sizes of `like`."""
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


STRATEGY = Strategy(
    random,
    summary="a control that deals the classes to groups of the sizes of another label set",
    card="A control: classes dealt at random to groups of the sizes of another label set.",
)
