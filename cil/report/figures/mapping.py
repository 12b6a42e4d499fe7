"""Figure 1: the largest groups of a label set, with a picture of each class."""

import numpy as np
from matplotlib.figure import Figure

from cil.images.store import ImageStore
from cil.labels.labelset import LabelSet
from cil.report.style import FULL, GREY, footnote, in_style, message_figure, new_figure

_GAP = 0.04  # of a picture's side, between pictures


@in_style()
def draw_mapping(
    labelset: LabelSet, store: ImageStore, note: str, groups: int = 6, shown: int = 10
) -> Figure:
    """The `groups` largest labels, and for up to `shown` of their classes a picture and a name."""
    order = np.argsort(-labelset.sizes, kind="stable")
    chosen = [index for index in order if labelset.sizes[index] > 1][:groups]
    if not chosen:
        return message_figure("No label of this set has more than one class.", FULL)
    figure, axes = new_figure(FULL, 0.92 * len(chosen), rows=len(chosen), squeeze=False)
    for axis, index in zip(axes[:, 0], chosen, strict=True):
        classes = labelset.groups[index][:: max(1, len(labelset.groups[index]) // shown)][:shown]
        axis.set_xlim(-1.9, shown)
        axis.set_ylim(1.42, -0.02)
        axis.set_aspect("equal")
        axis.set_axis_off()
        axis.text(-0.12, 0.42, labelset.names[index], ha="right", va="center", weight="bold")
        axis.text(
            -0.12,
            0.72,
            f"{labelset.sizes[index]} classes",
            ha="right",
            va="center",
            color=GREY,
            fontsize=6,
        )
        for place, wnid in enumerate(classes):
            extent = (place + _GAP, place + 1 - _GAP, 1 - _GAP, _GAP)
            axis.imshow(_picture(store, wnid), extent=extent, interpolation="nearest")
            axis.text(
                place + 0.5,
                1.04,
                _short(labelset.hierarchy.name(wnid)),
                ha="center",
                va="top",
                fontsize=4.5,
                linespacing=0.95,
            )
    footnote(figure, note)
    return figure


def _picture(store: ImageStore, wnid: str) -> np.ndarray:
    """The first validation picture of a class, else its first training one, else a grey pixel."""
    number = store.classes.index(wnid)
    for pictures, classes in ((store.val, store.val_classes), (store.train, store.train_classes)):
        found = np.flatnonzero(classes == number)
        if len(found):
            return pictures[found[0]]
    return np.full((1, 1, 3), 217, dtype=np.uint8)


def _short(name: str, width: int = 13) -> str:
    """A name on at most two lines of about `width` letters."""
    lines = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    lines = [line if len(line) <= width + 2 else line[: width + 1] + "…" for line in lines]
    return "\n".join(lines[:2]) + ("…" if len(lines) > 2 else "")
