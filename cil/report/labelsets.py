"""The table that compares all label sets, and the page that shows what an audit found."""

from collections.abc import Iterable, Mapping
from html import escape
from itertools import groupby
from typing import Any

import pandas

from cil.labels.agreement import MEASURES
from cil.labels.audit import COLUMNS as AUDIT_COLUMNS
from cil.labels.labelset import SIMULATED
from cil.report.table import Column, Measure, Table, clean_rows

COLUMNS = (
    Column("labelset", "Label set"),
    Column("strategy", "Strategy"),
    Column("labels", "Labels"),
    Column("merged_classes", "Merged classes"),
    Column("groups", "Groups"),
    Column("largest", "Largest group"),
    Column("ari", "ARI", "high", 2),
    Column("ari_rest", "ARI without largest", "high", 2),
    Column("v_measure", "V-measure", "high", 2),
    Column("same_name", "Same name", "high", 2),
    Column("findings", "Findings"),
    Column(SIMULATED),
)


def labelsets_table(rows: Iterable[Mapping[str, Any]], reference: str, pictures: str) -> Table:
    """The same for readers, from the rows of `comparison_table`.

    The best agreement is in bold, that of the reference with itself aside.

    Args:
        pictures: the data set whose classes are labelled, in words.
    """
    rows = clean_rows(rows)
    measured = [
        row | {key: Measure(row[key]) for key in MEASURES if row[key] is not None} for row in rows
    ]
    aside = frozenset(n for n, row in enumerate(rows) if row["labelset"] == reference)
    caption = (
        "Label sets for this experiment's classes: their labels, the classes that share one and "
        f"the groups that these form, and their agreement with {reference}: adjusted Rand index "
        f"(ARI), the same without the largest group of {reference}, V-measure, and the share of "
        f"classes with the same name. Findings are those of the audit. Data set: {pictures}."
    )
    if any(row["strategy"] == "published" for row in rows):
        caption += " The published file merges 644 of all 1,000 classes; the paper says 627."
    if any(row[SIMULATED] for row in rows):
        caption += (
            " The votes behind the survey's labels, and behind what is made like them, are "
            "simulated."
        )
    return Table(COLUMNS, measured, caption, "labelsets", aside)


_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #222; background: #fff }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem;
         border-bottom: 1px solid #ddd }
th { background: #f4f4f4; position: sticky; top: 0 }
td.number { text-align: right; font-variant-numeric: tabular-nums }
td:first-child { font-weight: 600 }
details { margin: .4rem 0 } summary { cursor: pointer; padding: .2rem 0 }
small { color: #555 } .scroll { overflow-x: auto }
.scroll table { font-size: .8rem } .scroll :is(th, td) { padding: .3rem .35rem }
"""


def audit_page(audit: pandas.DataFrame, labelsets: Iterable[str], kinds: Mapping[str, str]) -> str:
    """A self-contained HTML page: how many findings of each kind, then each of them.

    Args:
        audit: the table of `cil.labels.audit`.
        labelsets: all label sets, those without a finding too.
        kinds: what each kind of finding says, in the order of the columns.
    """
    names = list(labelsets)
    counts = audit.value_counts(["labelset", "finding"])
    head = "".join(f"<th title='{escape(says)}'>{kind}</th>" for kind, says in kinds.items())
    rows = "".join(
        f"<tr><td><a href='#{escape(name)}'>{escape(name)}</a></td>"
        + "".join(f"<td class='number'>{counts.get((name, kind), 0)}</td>" for kind in kinds)
        + "</tr>"
        for name in names
    )
    legend = "".join(f"<li><b>{kind}</b>: {escape(says)}</li>" for kind, says in kinds.items())
    sections = "".join(_section(name, audit[audit["labelset"] == name]) for name in names)
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'><title>Audit of the label sets</title>"
        f"<style>{_STYLE}</style></head><body><h1>Audit of the label sets</h1>"
        "<p>What may be wrong with each label set. A finding is a question to a person, not a "
        f"verdict.</p><div class='scroll'><table><tr><th>label set</th>{head}</tr>{rows}</table>"
        f"</div><ul>{legend}</ul>{sections}</body></html>\n"
    )


def _section(name: str, findings: pandas.DataFrame) -> str:
    records = findings[list(AUDIT_COLUMNS)].to_dict("records")
    parts = []
    for kind, group in groupby(records, key=lambda record: record["finding"]):
        members = list(group)
        rows = "".join(
            f"<tr><td>{escape(record['label'])}</td><td>{escape(record['detail'])}<br>"
            f"<small>{escape(record['classes'])}</small></td>"
            f"<td>{escape(record['suggestion'])}</td></tr>"
            for record in members
        )
        parts.append(
            f"<details><summary><b>{escape(kind)}</b> ({len(members)})</summary><table>"
            "<tr><th>label</th><th>reason and classes</th><th>suggestion</th></tr>"
            f"{rows}</table></details>"
        )
    found = "".join(parts) or "<p>Nothing found.</p>"
    simulated = bool(findings[SIMULATED].any())
    votes = "<p>The votes behind this label set are simulated.</p>" if simulated else ""
    return f"<h2 id='{escape(name)}'>{escape(name)}</h2>{votes}{found}"
