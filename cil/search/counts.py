"""The counts of all names of a hierarchy, as a table."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas

from cil.files import read_parquet
from cil.hierarchy import Hierarchy
from cil.search.familiarity import context_questions, context_table
from cil.search.source import Lookup, Question, QueuedService, Service

if TYPE_CHECKING:
    from cil.search.crawl import Counted

logger = logging.getLogger(__name__)

COLUMNS = ("name", "source", "query", "count", "retrieved_at")


def names_of(synsets: str | Path) -> list[str]:
    """The distinct names in `synsets.parquet`, sorted."""
    return sorted(set(read_parquet(synsets, ["name"])["name"]))


def count_names(
    source: Lookup | Service | QueuedService,
    names: Iterable[str],
    config: Mapping[str, Any] | None = None,
) -> pandas.DataFrame:
    """The counts that `source` gives: one row per name, sorted, columns `COLUMNS`.

    A count is missing where a lookup has none, or where a service failed and that is allowed.
    `config` (its keys `store` and those of `Terms`) matters to a service: it is asked for what
    its store does not hold. Raises what `crawl` raises.
    """
    wanted = sorted(set(names))
    if isinstance(source, Service | QueuedService):
        counted = _crawl(source, map(Question, wanted), config or {})
        rows = [
            (question.name, source.name, each.query, each.count, each.asked_at)
            for question, each in counted.items()
        ]
    else:
        rows = [(name, source.name, name, source.count(name), source.released) for name in wanted]
    return _table(rows)


def count_contexts(
    source: Service | QueuedService, hierarchy: Hierarchy, config: Mapping[str, Any]
) -> pandas.DataFrame:
    """The familiarity of each synset from the count of its name beside its parent's.

    Arguments as for `count_names`; the table is that of `context_table`.
    """
    counted = _crawl(source, context_questions(hierarchy).values(), config)
    return context_table(
        hierarchy, {question: (each.query, each.count) for question, each in counted.items()}
    )


def _crawl(
    source: Service | QueuedService, questions: Iterable[Question], config: Mapping[str, Any]
) -> "dict[Question, Counted]":
    # What asks services is not loaded by steps that only read what was counted.
    from cil.search.asking import Terms
    from cil.search.crawl import crawl

    return crawl(source, questions, config["store"], Terms.from_config(config))


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
