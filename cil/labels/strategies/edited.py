"""Strategy `edited`: another label set with edits of one's own, for a domain of one's own."""

import logging
from collections.abc import Mapping, Sequence
from typing import Annotated

from cil.configuration.keys import Key
from cil.hierarchy import Hierarchy
from cil.labels.edits import Edits
from cil.labels.labelset import LabelSet
from cil.labels.strategy import Input, Strategy

logger = logging.getLogger(__name__)


def edited(
    hierarchy: Hierarchy,
    base: Annotated[
        LabelSet,
        Key("the label set to edit", entry_of="labelsets"),
        Input("labels/{base}.parquet", LabelSet.read),
    ],
    drop: Annotated[
        Sequence[str],
        Key(
            "classes that the whole experiment leaves out, its pictures, trainings and label sets "
            "alike, by wnid, class name or synset"
        ),
    ] = (),
    split: Annotated[
        Sequence[str], Key("labels that become finer, one for each branch of WordNet below")
    ] = (),
    keep: Annotated[
        Sequence[str], Key("labels, classes or synsets whose classes are labels of their own")
    ] = (),
    merge: Annotated[
        Mapping[str, Sequence[str]] | None,
        Key("labels, classes or synsets that become one label, by its name"),
    ] = None,
    other: Annotated[
        Sequence[str], Key("labels, classes or synsets that go to the label other")
    ] = (),
    rename: Annotated[Mapping[str, str] | None, Key("new names, by label")] = None,
) -> LabelSet:
    """`base` after the edits, in the order of the keys; see `cil.labels.edits`.

    What is to be dropped is not in `hierarchy` any more.
    """
    del drop
    labelset, effects = Edits(split, keep, merge or {}, other, rename or {}).apply(base)
    for effect in effects:
        logger.info("%s", effect)
    return labelset


STRATEGY = Strategy(
    edited,
    summary="another label set, edited for a domain of your own: what is dropped, split, kept "
    "apart, merged, put into other and renamed, in this order",
    card="Another label set, edited by hand.",
)
