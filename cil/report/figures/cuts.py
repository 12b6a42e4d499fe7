"""Accuracy against the number of labels: cuts through the hierarchy, and other label sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cil.report.style import (
    BLUE,
    COLUMN,
    LIGHT,
    ORANGE,
    footnote,
    in_style,
    message_figure,
    new_figure,
)

ABOVE, ROW = 1.75, 0.155  # inches: the upper panel, and a label set in the lower one


@dataclass(frozen=True)
class Point:
    """A label set: its number of labels, and top-1 accuracy in percent by seed."""

    name: str
    labels: int
    top1: Sequence[float]


@in_style()
def draw_cuts(
    cuts: Sequence[Mapping[str, str]], others: Sequence[Point], source: str | None, note: str
) -> Figure:
    """Above, the cuts as a line and the other label sets as dots; below, each of these by name.

    Label sets of about as many labels lie on each other above, so below each has a row of its
    own, beside what the line has at its number of labels. All are answered by summing.

    Args:
        cuts: evaluation/cuts.csv; others: this experiment's label sets.
        source: the run of original labels whose answers are summed.
    """
    if source is None:
        return message_figure("No run is trained on original labels: nothing to sum.")
    by_number: dict[int, list[float]] = {}
    for row in cuts:
        by_number.setdefault(int(row["labels"]), []).append(100 * float(row["top1"]))
    line = [Point("", number, by_number[number]) for number in sorted(by_number)]
    shown = sorted(others, key=lambda each: (each.labels, each.name))
    below = ROW * (len(shown) + 1)
    figure, (over, under) = new_figure(
        COLUMN, ABOVE + below + 1.1, rows=2, height_ratios=(ABOVE, below)
    )
    _draw_line(over, line, shown)
    _draw_rows(under, line, shown)
    over.set_ylabel("Top-1 accuracy (%)")
    under.set_xlabel(f"Top-1 accuracy (%) of {source}, summed")
    figure.legend(loc="outside upper left", ncols=2)
    seeds = max((len(each.top1) for each in [*line, *shown]), default=1)
    spread = f"; band and thin lines: lowest to highest of {seeds} seeds" if seeds > 1 else ""
    footnote(figure, f"in brackets: labels{spread}; {note}")
    return figure


def _draw_line(axes: Axes, line: Sequence[Point], points: Sequence[Point]) -> None:
    if line:
        numbers = [each.labels for each in line]
        low, high = ([end(each.top1) for each in line] for end in (min, max))
        axes.fill_between(numbers, low, high, color=BLUE, alpha=0.2, lw=0)
        means = [np.mean(each.top1) for each in line]
        axes.plot(numbers, means, "o-", color=BLUE, label="cuts of any size")
    where = [(each.labels, np.mean(each.top1)) for each in points]
    axes.plot(
        *zip(*where, strict=True), "D", color=ORANGE, ms=3, mec="white", mew=0.3, label="label sets"
    )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(lambda value, _: "")
    axes.set_xlabel("Labels")


def _draw_rows(axes: Axes, line: Sequence[Point], points: Sequence[Point]) -> None:
    """A row per label set: from the cut of as many labels, a stroke, to its own accuracy, a dot."""
    for row, point in enumerate(points):
        mean = np.mean(point.top1)
        if line:
            cut = np.interp(
                np.log(point.labels),
                np.log([each.labels for each in line]),
                [np.mean(each.top1) for each in line],
            )
            axes.plot([cut, mean], [row, row], color=LIGHT, lw=2.5, zorder=1)
            meaning = "" if row else "cut of as many labels"
            axes.plot(cut, row, "|", color=BLUE, ms=8, mew=1.6, label=meaning)
        axes.plot([min(point.top1), max(point.top1)], [row, row], color=ORANGE, lw=1)
        axes.plot(mean, row, "D", color=ORANGE, ms=3.5)
    axes.set_yticks(range(len(points)), [f"{each.name} ({each.labels:,})" for each in points])
    axes.set_ylim(len(points) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.grid(visible=False, axis="y")
