"""Strategy `file`: a label file of the user's own."""

from typing import Annotated

from cil.configuration.keys import Key
from cil.hierarchy import Hierarchy
from cil.labels.labelset import LabelSet
from cil.labels.named import from_file
from cil.labels.strategy import Input, Strategy


def file(
    hierarchy: Hierarchy,
    path: Annotated[
        LabelSet,
        Key(
            "a label set - {wnid: label} as JSON or YAML, a table (CSV, TSV, Parquet) with the "
            "columns wnid and label, or a list of labels in the order of the classes",
            min_length=1,
            is_file=True,
        ),
        Input("{path}", lambda path, hierarchy: from_file(hierarchy, path)),
    ],
) -> LabelSet:
    """The label set in the file, which was read and checked as the input of this strategy."""
    return path


STRATEGY = Strategy(
    file, summary="a label file of your own", card="Taken from a file of the user's own."
)
