"""The counts of all names of a hierarchy, as a table."""

import logging
from collections.abc import Iterable
from pathlib import Path

import pandas

from cil.files import read_parquet
from cil.search.asking import Terms
from cil.search.crawl import crawl
from cil.search.source import Lookup, Question, QueuedService, Service

logger = logging.getLogger(__name__)

COLUMNS = ("name", "source", "query", "count", "retrieved_at")


def names_of(synsets: str | Path) -> list[str]:
    """The distinct names in `synsets.parquet`, sorted."""
    return sorted(set(read_parquet(synsets, ["name"])["name"]))


def count_names(
    source: Lookup | Service | QueuedService,
    names: Iterable[str],
    store: str | Path = "",
    terms: Terms | None = None,
) -> pandas.DataFrame:
    """The counts that `source` gives: one row per name, sorted, columns `COLUMNS`.

    A count is missing where a lookup has none, or a service failed and `terms` allow it. A
    service is asked for what its `store` does not hold; raises what `crawl` raises.
    """
    if isinstance(source, Service | QueuedService):
        counted = crawl(source, map(Question, sorted(set(names))), store, terms or Terms())
        return _table(
            [
                (question.name, source.name, each.query, each.count, each.asked_at)
                for question, each in counted.items()
            ]
        )
    return _table(
        [
            (name, source.name, name, source.count(name), source.released)
            for name in sorted(set(names))
        ]
    )


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
