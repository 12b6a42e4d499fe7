"""Accuracy against the number of labels: cuts through the hierarchy, and other label sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

import numpy as np
from matplotlib.figure import Figure

from cil.report.style import (
    BLUE,
    COLUMN,
    PALETTE,
    footnote,
    in_style,
    message_figure,
    new_figure,
)

MARKERS = "XsD^vPp*<>"


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
    """A line for the cuts, a mark for each other label set, all answered by summing.

    Args:
        cuts: evaluation/cuts.csv; others: this experiment's label sets.
        source: the run of original labels whose answers are summed.
    """
    if source is None:
        return message_figure("No run is trained on original labels: nothing to sum.")
    figure, axes = new_figure(COLUMN, 2.8)
    by_number: dict[int, list[float]] = {}
    for row in cuts:
        by_number.setdefault(int(row["labels"]), []).append(100 * float(row["top1"]))
    if by_number:
        numbers = sorted(by_number)
        values = [by_number[number] for number in numbers]
        axes.fill_between(
            numbers, [*map(min, values)], [*map(max, values)], color=BLUE, alpha=0.2, lw=0
        )
        axes.plot(numbers, [*map(np.mean, values)], "o-", color=BLUE, label="cuts of any size")
    shown = sorted(others, key=lambda each: (each.labels, each.name))
    for point, marker, colour in zip(shown, cycle(MARKERS), cycle(PALETTE[1:]), strict=False):
        mean = float(np.mean(point.top1))
        axes.plot(
            point.labels, mean, marker, color=colour, ms=6, mec="white", mew=0.3, label=point.name
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(lambda value, _: "")
    axes.set_xlabel("Labels")
    axes.set_ylabel(f"Top-1 accuracy (%)\nof {source}, summed")
    figure.legend(loc="outside upper left", ncols=3)
    footnote(figure, note)
    return figure
