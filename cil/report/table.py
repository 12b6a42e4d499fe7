"""Tables, written once for everybody: CSV for programs, Markdown, LaTeX, and HTML that sorts."""

import csv
import html
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from cil.files import write_text

NOTHING = "–"
LONG = 24  # letters; a longer text may take several lines on a page


@dataclass(frozen=True)
class Measure:
    """A mean over seeds with its standard deviation (of the sample; None for one seed)."""

    mean: float
    std: float | None = None

    @classmethod
    def of(cls, values: Sequence[float], scale: float = 1) -> "Measure | None":
        """The measure of `scale` × `values`, one per seed; None if there is none."""
        scaled = [scale * value for value in values if not math.isnan(value)]
        if not scaled:
            return None
        mean = sum(scaled) / len(scaled)
        if len(scaled) == 1:
            return cls(mean)
        squares = sum((value - mean) ** 2 for value in scaled)
        return cls(mean, math.sqrt(squares / (len(scaled) - 1)))


@dataclass(frozen=True)
class Interval:
    """A difference with the ends of its 95% confidence interval."""

    estimate: float
    low: float
    high: float


Value = str | int | float | Measure | Interval | None


@dataclass(frozen=True)
class Column:
    """A column: its name for programs, its heading for people, which value is best.

    Without a heading it is for programs alone, in the CSV file.
    """

    key: str
    heading: str = ""
    best: str = ""  # high, low, or neither
    digits: int = 1


@dataclass(frozen=True)
class Table:
    """Rows of values by column key, with a caption of whole sentences.

    `aside` are the numbers of rows that stand outside of the competition for the best.

    >>> columns = [Column("run", "Run"), Column("top1", "Top-1 (%)", best="high")]
    >>> rows = [
    ...     {"run": "merged", "top1": Measure(70.12, 0.5)},
    ...     {"run": "original", "top1": Measure(61.0)},
    ... ]
    >>> print(Table(columns, rows, "Two runs.").to_csv(), end="")
    run,top1,top1_std
    merged,70.12,0.5
    original,61.0,
    """

    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Value]]
    caption: str
    label: str = ""
    aside: frozenset[int] = frozenset()
    _best: dict[str, str] = field(init=False, default_factory=dict)
    _numeric: dict[str, bool] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        competing = [row for number, row in enumerate(self.rows) if number not in self.aside]
        for column in self.columns:
            values = (row.get(column.key) for row in self.rows)
            self._numeric[column.key] = not any(isinstance(value, str) for value in values)
            measures = [row.get(column.key) for row in competing]
            centres = [value.mean for value in measures if isinstance(value, Measure)]
            if column.best and len(centres) > 1:
                best = max(centres) if column.best == "high" else min(centres)
                self._best[column.key] = f"{best:.{column.digits}f}"

    @property
    def shown(self) -> list[Column]:
        """The columns for people."""
        return [column for column in self.columns if column.heading]

    def is_best(self, number: int, column: Column) -> bool:
        """Whether the value of a row, by its number, is as printed the best of its column."""
        value = self.rows[number].get(column.key)
        return (
            number not in self.aside
            and isinstance(value, Measure)
            and self._best.get(column.key) == f"{value.mean:.{column.digits}f}"
        )

    def texts(self) -> list[list[tuple[str, bool]]]:
        """Each cell as people read it, and whether it is the best of its column."""
        return [
            [(_text(row.get(c.key), c.digits), self.is_best(number, c)) for c in self.shown]
            for number, row in enumerate(self.rows)
        ]

    def to_csv(self) -> str:
        """Bare numbers; a Measure has a column for its deviation, an Interval two for its ends."""
        parts = {
            column.key: _parts(column.key, [row.get(column.key) for row in self.rows])
            for column in self.columns
        }
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([name for names in parts.values() for name in names])
        for row in self.rows:
            writer.writerow(
                [cell for key, names in parts.items() for cell in _cells(row.get(key), len(names))]
            )
        return text.getvalue()

    def to_markdown(self) -> str:
        """A pipe table with the caption below; the best in bold."""
        numeric = [self._is_numeric(column) for column in self.shown]
        rule = ["---:" if right else "---" for right in numeric]
        body = [
            [f"**{text}**" if best else text.replace("|", "\\|") for text, best in cells]
            for cells in self.texts()
        ]
        heading = [column.heading for column in self.shown]
        lines = [f"| {' | '.join(cells)} |" for cells in [heading, rule, *body]]
        return "\n".join([*lines, "", self.caption, ""])

    def to_latex(self) -> str:
        """A table environment for LaTeX, no wider than the text; LaTeX numbers it itself."""
        spec = "".join("r" if self._is_numeric(column) else "l" for column in self.shown)
        body = [
            [rf"\textbf{{{_latex(text)}}}" if best else _latex(text) for text, best in cells]
            for cells in self.texts()
        ]
        heading = " & ".join(_latex(column.heading) for column in self.shown)
        lines = [
            "% needs \\usepackage{booktabs,graphicx}",
            r"\begin{table}",
            r"  \centering",
            f"  \\caption{{{_latex(re.sub(r'^Table [0-9]+[.] ', '', self.caption))}}}",
            *([f"  \\label{{tab:{self.label}}}"] if self.label else []),
            r"  \smallskip",
            r"  \resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            f"  \\begin{{tabular}}{{{spec}}}",
            r"    \toprule",
            rf"    {heading} \\",
            r"    \midrule",
            *(rf"    {' & '.join(cells)} \\" for cells in body),
            r"    \bottomrule",
            r"  \end{tabular}}",
            r"\end{table}",
            "",
        ]
        return "\n".join(lines)

    def to_html(self) -> str:
        """A page of its own: the caption, and the table, sorted by a click on a heading."""
        return html_page(self.html_part())

    def html_part(self) -> str:
        """The caption and the table as part of a page."""
        heading = "".join(
            f"<th{' class=number' * self._is_numeric(column)}>{html.escape(column.heading)}</th>"
            for column in self.shown
        )
        rows = [
            "".join(
                self._html_cell(row, column, *cell)
                for column, cell in zip(self.shown, cells, strict=True)
            )
            for row, cells in zip(self.rows, self.texts(), strict=True)
        ]
        body = "\n".join(f"<tr>{cells}</tr>" for cells in rows)
        return (
            f"<p>{html.escape(self.caption)}</p>\n<table>\n<thead><tr>{heading}</tr></thead>\n"
            f"<tbody>\n{body}\n</tbody>\n</table>"
        )

    def _html_cell(self, row: Mapping[str, Value], column: Column, text: str, best: bool) -> str:
        centre = _centre(row.get(column.key))
        key = f' data-sort="{centre!r}"' if isinstance(centre, int | float) else ""
        numeric, long = self._is_numeric(column), len(text) > LONG
        kinds = [("best", best), ("number", numeric), ("long", not numeric and long)]
        names = " ".join(name for name, holds in kinds if holds)
        kind = f' class="{names}"' if names else ""
        return f"<td{key}{kind}>{html.escape(text)}</td>"

    def _is_numeric(self, column: Column) -> bool:
        return self._numeric[column.key]

    def write(self, **paths: str | Path) -> None:
        """Write each of `csv`, `md`, `tex` and `html` that a path is given for."""
        writers = {
            "csv": self.to_csv,
            "md": self.to_markdown,
            "tex": self.to_latex,
            "html": self.to_html,
        }
        for kind, path in paths.items():
            write_text(writers[kind](), path)


def clean_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows with None for what a data frame or a CSV writer takes for nothing."""
    return [
        {key: None if value == "" or value != value else value for key, value in row.items()}
        for row in rows
    ]


def html_page(*parts: str) -> str:
    """A page that needs nothing beside itself; its tables sort by a click on a heading."""
    page = files("cil.report").joinpath("page.html").read_text(encoding="utf-8")
    return page.replace("{{content}}", "\n".join(parts))


def _centre(value: Value) -> str | float | None:
    if isinstance(value, Measure):
        return value.mean
    return value.estimate if isinstance(value, Interval) else value


def _text(value: Value, digits: int) -> str:
    match value:
        case None:
            return NOTHING
        case str():
            return value
        case int():
            return f"{value:,}"
        case Measure(mean, None):
            text = f"{mean:z.{digits}f}"  # z: no minus before what rounds to zero
        case Measure(mean, std):
            text = f"{mean:z.{digits}f} ± {std:.{digits}f}"
        case Interval(estimate, low, high):
            text = f"{estimate:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]"
        case _:
            text = f"{value:z,.{digits}f}"
    return text.replace("-", "−")


def _parts(key: str, values: Sequence[Value]) -> list[str]:
    if any(isinstance(value, Interval) for value in values):
        return [key, f"{key}_low", f"{key}_high"]
    if any(isinstance(value, Measure) for value in values):
        return [key, f"{key}_std"]
    return [key]


def _cells(value: Value, width: int) -> list[str | int | float]:
    match value:
        case None:
            cells = []
        case Measure(mean, std):
            cells = [round(mean, 6), "" if std is None else round(std, 6)]
        case Interval(estimate, low, high):
            cells = [round(number, 6) for number in (estimate, low, high)]
        case _:
            cells = [value]
    return (cells + [""] * width)[:width]


_LATEX = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "±": r"$\pm$",
    "−": "$-$",
    "–": "--",
    "×": r"$\times$",
    "Δ": r"$\Delta$",
    "→": r"$\to$",
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)
