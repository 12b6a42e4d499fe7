"""The counts of all names of a hierarchy, as a table."""

import logging
from collections.abc import Iterable
from pathlib import Path

import pandas

from cil.files import read_parquet
from cil.search.source import Lookup

logger = logging.getLogger(__name__)

COLUMNS = ("name", "source", "query", "count", "retrieved_at")


def names_of(synsets: str | Path) -> list[str]:
    """The distinct names in `synsets.parquet`, sorted."""
    return sorted(set(read_parquet(synsets, ["name"])["name"]))


def look_up(lookup: Lookup, names: Iterable[str]) -> pandas.DataFrame:
    """The counts that a lookup gives: one row per name, a missing count where it has none."""
    rows = [
        (name, lookup.name, name, lookup.count(name), lookup.released)
        for name in sorted(set(names))
    ]
    return _table(rows)


def _table(rows: list[tuple[str, str, str, float | None, str | None]]) -> pandas.DataFrame:
    table = pandas.DataFrame(rows, columns=list(COLUMNS)).astype({"count": float})
    logger.info(
        "%d names: %d with a count, %d of them 0",
        len(table),
        table["count"].notna().sum(),
        (table["count"] == 0).sum(),
    )
    return table


def read_counts(path: str | Path) -> pandas.DataFrame:
    """The table in `counts.parquet`; UserError if it is missing or is not one."""
    return read_parquet(path, COLUMNS)
