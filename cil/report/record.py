"""What an experiment was made with, as a page: configuration, versions, checksums, run times."""

import html
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from cil.report.scores import read_csv
from cil.report.table import Column, Table, html_page


def record_page(provenance: Mapping[str, Any], benchmarks: str | Path) -> str:
    """The page, from provenance.json and Snakemake's benchmark files in the folder `benchmarks`."""
    code = provenance["code"]
    state = {True: "unchanged", False: "with changes", None: "not known"}[code["clean"]]
    machine = provenance["hardware"]
    about = [
        ("Commit", f"{code['commit'] or 'not known'} ({state})"),
        ("Lock file, SHA-256", code["lock_sha256"] or "none"),
        ("Python", provenance["python"]),
        ("Machine", f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}"),
        ("Graphics", ", ".join(machine["gpus"]) or "none"),
        ("Written", provenance["written_at"]),
    ]
    return html_page(
        "<h2>Made by</h2>",
        _pairs(about, "The code and the machine that wrote the record."),
        "<h2>Configuration</h2>",
        f"<pre>{html.escape(_yaml(provenance['configuration']))}</pre>",
        "<h2>Run times</h2>",
        _times(Path(benchmarks)),
        "<h2>Raw inputs</h2>",
        _files(provenance["inputs"], "What the experiment began with."),
        "<h2>Artifacts</h2>",
        _files(provenance["artifacts"], "What came out; `cil verify` checks files against this."),
        "<h2>Packages</h2>",
        _pairs(provenance["packages"].items(), "Everything that was installed.", "Package"),
    )


def _yaml(config: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True, width=100)


def _pairs(rows: Iterable[tuple[str, Any]], caption: str, heading: str = "") -> str:
    columns = [Column("name", heading), Column("value", "")]
    return Table(columns, [{"name": n, "value": str(v)} for n, v in rows], caption).html_part()


def _files(files: Mapping[str, Mapping[str, Any]], caption: str) -> str:
    columns = [
        Column("path", "File"),
        *([Column("files", "Files")] if any("files" in about for about in files.values()) else []),
        Column("bytes", "Bytes"),
        Column("sha256", "SHA-256"),
    ]
    rows = [{"path": path, **about} for path, about in files.items()]
    return Table(columns, rows, caption).html_part()


def _times(folder: Path) -> str:
    columns = [
        Column("step", "Step"),
        Column("seconds", "Seconds"),
        Column("memory", "Memory (MiB)", digits=0),
    ]
    rows = sorted(_steps(folder), key=lambda row: -row["seconds"])
    caption = "How long each step took, start of Python included, and the most memory it used."
    return Table(columns, rows, caption).html_part()


def _steps(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.rglob("*.tsv")):
        for row in read_csv(path, "\t"):
            step = path.relative_to(folder).with_suffix("").as_posix()
            memory = row.get("max_rss", "-")
            yield {
                "step": step,
                "seconds": float(row["s"]),
                "memory": None if memory in ("-", "NA") else float(memory),
            }
