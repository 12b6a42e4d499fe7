"""Sources of counts side by side: how much they know, and how alike they rank the names."""

import logging
from collections.abc import Mapping
from pathlib import Path

import pandas

from cil.files import write_csv

logger = logging.getLogger(__name__)

COLUMNS = ("source", "names", "missing", "zero", "median", "maximum")


def comparison(counts: Mapping[str, pandas.DataFrame]) -> list[dict[str, object]]:
    """One row per source, sorted, from tables of counts by source.

    Columns: `names` asked for, of these `missing` a count and counted `zero`; `median` and
    `maximum` of the counts; and `spearman_<source>` for every source, Spearman's rank
    correlation over the names that both count (ties share their mean rank), empty where
    fewer than two do or all have one count.
    """
    counts = dict(sorted(counts.items()))
    table = pandas.DataFrame(
        {source: frame.set_index("name")["count"] for source, frame in counts.items()}
    )
    correlations = table.corr(method="spearman", min_periods=2)
    rows = []
    for source, frame in counts.items():
        known = frame["count"].dropna()
        rows.append(
            dict(
                zip(
                    COLUMNS,
                    (
                        source,
                        len(frame),
                        len(frame) - len(known),
                        int((known == 0).sum()),
                        known.median(),
                        known.max(),
                    ),
                    strict=True,
                )
            )
            | {f"spearman_{other}": _rounded(correlations.loc[source, other]) for other in counts}
        )
    return rows


def _rounded(correlation: float) -> float | str:
    return "" if pandas.isna(correlation) else round(float(correlation), 4)


def write_comparison(counts: Mapping[str, pandas.DataFrame], path: str | Path) -> None:
    """Write `comparison(counts)` to `path` as CSV."""
    columns = [*COLUMNS, *(f"spearman_{source}" for source in sorted(counts))]
    write_csv(comparison(counts), path, columns)
