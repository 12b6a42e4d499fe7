"""Strategy `people`: the labels that people would say, which may nest, without any votes."""

from pathlib import Path
from typing import Annotated

import pandas

from cil.configuration.keys import Key
from cil.hierarchy import Hierarchy
from cil.labels.closeness import read_closeness
from cil.labels.labelset import OTHER, Label, LabelSet
from cil.labels.naming import read_naming
from cil.labels.strategy import Input, Strategy


def _naming(path: str | Path, _: Hierarchy) -> pandas.DataFrame:
    return read_naming(path)


def _closeness(path: str | Path, _: Hierarchy) -> pandas.DataFrame:
    return read_closeness(path)


def people(
    hierarchy: Hierarchy,
    naming: Annotated[pandas.DataFrame, Input("search/naming.parquet", _naming)],
    closeness: Annotated[pandas.DataFrame, Input("search/closeness.parquet", _closeness)],
    labels: Annotated[
        int, Key("how many labels to end with, or as many as there are classes", 1, 100_000)
    ],
    with_other: Annotated[
        bool, Key("whether classes that no label fits go to a label other, one of so many")
    ] = False,
) -> LabelSet:
    """The best label of each class, of so many; see `cil.labels.people`."""
    from cil.labels.people import best_labels, offers  # the solver takes a second to load

    labels = min(labels, len(hierarchy.classes))
    chosen = best_labels(hierarchy, offers(naming, closeness), labels, with_other)
    return LabelSet(
        hierarchy,
        {
            wnid: Label(hierarchy.name(above), above) if above else Label(OTHER)
            for wnid, above in chosen.items()
        },
    )


STRATEGY = Strategy(
    people,
    summary="so many labels that people would say, each class under the best of those above it, "
    "where one may lie below another, and what fits nowhere in a label other",
    card="The best labels in WordNet's hierarchy: well known, close to their classes, and not too "
    "general; one may lie below another (bird, and owl).",
)
