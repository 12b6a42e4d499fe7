"""Accuracy of each label against the number of classes that it merges."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from cil.report.style import (
    BLACK,
    BLUE,
    COLUMN,
    ORANGE,
    footnote,
    in_style,
    message_figure,
    new_figure,
)

NAMED = 5  # the largest labels, named in the figure


@in_style()
def draw_per_label(
    rows: Sequence[Mapping[str, str]], sizes: Mapping[str, int], run: str, note: str
) -> Figure:
    """A dot per label, and the mean of each doubling of size.

    Args:
        rows: evaluation/per_label.csv; sizes: number of classes by label name.
        run: whose answers to show, averaged over its seeds.
    """
    found: dict[str, list[float]] = {}
    for row in rows:
        if row["run"] == run and row["top1"]:
            found.setdefault(row["label"], []).append(100 * float(row["top1"]))
    if not found:
        return message_figure("No run is trained on this label set: no accuracy per label to draw.")
    labels = sorted(found, key=lambda label: (-sizes[label], label))
    x = np.array([sizes[label] for label in labels], float)
    y = np.array([np.mean(found[label]) for label in labels])
    figure, axes = new_figure(COLUMN, 2.5)
    # Dots of one size lie side by side rather than on each other, but for those with a name.
    jitter = 2 ** np.random.default_rng(0).uniform(-0.3, 0.3, len(x))
    jitter[:NAMED][x[:NAMED] > 1] = 1
    axes.scatter(x * jitter, y, s=5, color=BLUE, alpha=0.35, linewidths=0, label="a label")
    bins = np.floor(np.log2(x)).astype(int)
    centres = [(x[bins == b].mean(), y[bins == b].mean()) for b in np.unique(bins)]
    axes.plot(*zip(*centres, strict=True), "o-", color=BLACK, label="mean of a doubling of size")
    for label, count, accuracy in list(zip(labels, x, y, strict=True))[:NAMED]:
        if count > 1:
            axes.plot(count, accuracy, "o", color=ORANGE, ms=2.5, zorder=3)
            axes.annotate(
                label,
                (count, accuracy),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=6,
                path_effects=[withStroke(linewidth=1.5, foreground="white")],
            )
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel("Classes merged into the label")
    axes.set_ylabel("Top-1 accuracy (%)")
    axes.set_ylim(-3, 106)
    figure.legend(loc="outside upper left", ncols=2, markerscale=1.5)
    footnote(figure, f"run {run}; {note}")
    return figure
