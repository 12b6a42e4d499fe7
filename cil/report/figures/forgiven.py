"""Where the errors of the network of original labels fall, and which of them merging forgives."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
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

GROUPS = 14


@dataclass(frozen=True)
class Outcomes:
    """Answers to the pictures of some classes: how many are right, forgiven and wrong."""

    name: str
    classes: int
    right: int
    forgiven: int
    wrong: int

    @property
    def pictures(self) -> int:
        """How many pictures there are."""
        return self.right + self.forgiven + self.wrong

    @property
    def share_forgiven(self) -> float:
        """The share of errors that become right answers; NaN without errors."""
        errors = self.forgiven + self.wrong
        return self.forgiven / errors if errors else float("nan")


def count_outcomes(
    predicted: np.ndarray, truth: np.ndarray, labels: np.ndarray, names: Sequence[str]
) -> tuple[Outcomes, list[Outcomes]]:
    """The outcomes over all pictures, and by label of the true class for labels that merge.

    Args:
        predicted, truth: class index of each picture, int (pictures,).
        labels: label index by class; names: label names.
    """
    right = predicted == truth
    forgiven = ~right & (labels[predicted] == labels[truth])
    sizes = np.bincount(labels, minlength=len(names))

    def outcomes(name: str, where: np.ndarray, classes: int) -> Outcomes:
        r, f = int(right[where].sum()), int(forgiven[where].sum())
        return Outcomes(name, classes, r, f, int(where.sum()) - r - f)

    every = outcomes("all labels", np.ones(len(truth), bool), len(labels))
    of_label = labels[truth]
    groups = [
        outcomes(names[label], of_label == label, int(sizes[label]))
        for label in np.flatnonzero(sizes > 1).tolist()
    ]
    return every, groups


@in_style()
def draw_forgiven(
    every: Outcomes | None, groups: Sequence[Outcomes], labels: str, note: str
) -> Figure:
    """A bar for all labels and for those that forgive the most errors, in shares of pictures."""
    if every is None:
        return message_figure("No run is trained on original labels: no errors to forgive.")
    largest = sorted(groups, key=lambda group: (-group.forgiven, group.name))[:GROUPS]
    if not largest:
        return message_figure(f"The label set {labels} merges no classes: it forgives no error.")
    bars = [every, *largest]
    figure, axes = new_figure(COLUMN, 0.7 + 0.17 * len(bars))
    places = np.array([0, *range(2, len(bars) + 1)]) * 1.0
    left = np.zeros(len(bars))
    kinds = (("right", "right class", BLUE), ("forgiven", "wrong class, right label", ORANGE))
    for key, meaning, colour in (*kinds, ("wrong", "wrong label", LIGHT)):
        width = np.array([100 * getattr(bar, key) / max(1, bar.pictures) for bar in bars])
        axes.barh(places, width, left=left, height=0.75, color=colour, label=meaning)
        left += width
    for place, bar in zip(places, bars, strict=True):
        if bar.forgiven + bar.wrong:
            axes.text(101, place, f"{100 * bar.share_forgiven:.0f}%", va="center", fontsize=7)
    axes.text(101, -1.0, "of errors\nforgiven", va="bottom", fontsize=6)
    axes.set_yticks(places, [f"{bar.name} ({bar.classes})" for bar in bars])
    axes.set_ylim(len(bars) + 0.6, -0.8)
    axes.set_xlim(0, 100)
    axes.set_xlabel("Share of the label's pictures (%)")
    axes.grid(visible=False, axis="y")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    footnote(figure, f"in brackets: classes; {note}")
    return figure
