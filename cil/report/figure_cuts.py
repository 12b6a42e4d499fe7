"""Accuracy against the number of labels: cuts through the hierarchy, and other label sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from cil.report.style import (
    BLUE,
    COLUMN,
    GREY,
    ORANGE,
    footnote,
    in_style,
    message_figure,
    new_figure,
)


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
    """A line for the cuts, a cross for each other label set, all answered by summing.

    Args:
        cuts: evaluation/cuts.csv; others: this experiment's label sets.
        source: the run of original labels whose answers are summed.
    """
    if source is None:
        return message_figure("No run is trained on original labels: nothing to sum.")
    figure, axes = new_figure(COLUMN, 2.6)
    by_number: dict[int, list[float]] = {}
    for row in cuts:
        by_number.setdefault(int(row["labels"]), []).append(100 * float(row["top1"]))
    if by_number:
        numbers = sorted(by_number)
        values = [by_number[number] for number in numbers]
        axes.fill_between(
            numbers, [*map(min, values)], [*map(max, values)], color=BLUE, alpha=0.2, lw=0
        )
        axes.plot(numbers, [*map(np.mean, values)], "o-", color=BLUE, label="tree-cut")
    for number, point in enumerate(sorted(others, key=lambda each: (each.labels, each.name))):
        mean = float(np.mean(point.top1))
        axes.plot(
            point.labels, mean, "X", color=ORANGE, ms=5, label=None if number else "label set"
        )
        axes.annotate(
            point.name,
            (point.labels, mean),
            xytext=(-4, -9) if number % 2 else (-4, 4),
            textcoords="offset points",
            ha="right",
            fontsize=6,
            color=GREY,
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(lambda value, _: "")
    axes.set_xlabel("Labels")
    axes.set_ylabel(f"Top-1 accuracy (%)\nof {source}, summed")
    axes.legend(loc="best")
    footnote(figure, note)
    return figure
