"""Strategy `survey`: what the votes agree on."""

from pathlib import Path
from typing import Annotated

import pandas

from cil.files import read_parquet
from cil.hierarchy import Hierarchy
from cil.labels.labelset import Label, LabelSet
from cil.labels.strategy import Input, Strategy


def _read(path: str | Path, _: Hierarchy) -> pandas.DataFrame:
    return read_parquet(path, ("wnid", "label", "label_wnid", "simulated"))


def survey(
    hierarchy: Hierarchy,
    consensus: Annotated[pandas.DataFrame, Input("survey/consensus.parquet", _read)],
) -> LabelSet:
    """What the votes agree on; `consensus` is the artifact `survey/consensus.parquet`."""
    return LabelSet(
        hierarchy,
        {
            row.wnid: Label(row.label)
            if pandas.isna(row.label_wnid)
            else Label(hierarchy.name(row.label_wnid), row.label_wnid)
            for row in consensus.itertuples()
        },
        simulated_votes=bool(consensus["simulated"].any()),
    )


STRATEGY = Strategy(
    survey,
    summary="the consensus of votes",
    card="Each class takes the name that most voters chose among those above it in WordNet.",
)
