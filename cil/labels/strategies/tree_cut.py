"""Strategy `tree-cut`: the best consistent cut through the hierarchy, without any votes."""

from pathlib import Path
from typing import Annotated

import pandas

from cil.configuration.keys import Key
from cil.hierarchy import Hierarchy
from cil.labels import automatic
from cil.labels.labelset import LabelSet
from cil.labels.naming import read_naming
from cil.labels.strategy import Input, Strategy


def _read(path: str | Path, _: Hierarchy) -> pandas.DataFrame:
    return read_naming(path)


def tree_cut(
    hierarchy: Hierarchy,
    naming: Annotated[pandas.DataFrame, Input("search/naming.parquet", _read)],
    labels: Annotated[
        int, Key("how many labels to end with, or as near as a cut can come", 1, 100_000)
    ],
) -> LabelSet:
    """The cut whose names serve the classes best; see `cil.labels.automatic.tree_cut`."""
    return automatic.tree_cut(hierarchy, naming, labels)


STRATEGY = Strategy(
    tree_cut,
    summary="the best consistent cut through the hierarchy into so many labels, never one below "
    "another, of words that everybody knows, that other names are built from and explained by, "
    "and that hide no well-known words",
    card="The best cut through WordNet's hierarchy, no label below another, of words that are "
    "well known, that others are built from and explained by, and that hide no known words.",
)
