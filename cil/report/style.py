"""One look for every figure: column widths, type sizes, colours that everybody can tell apart.

@in_style()
def draw_depths(counts) -> Figure:
    figure, axes = new_figure(height=2.0)
    axes.bar(...)
    return figure

save(draw_depths(counts), pdf, png)
"""

import logging
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from cycler import cycler
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cil.files import atomic_path

COLUMN, FULL = 3.3, 6.8  # inches: one column of a two-column page, and both

# Okabe and Ito's palette, distinct in the common kinds of colour blindness
# (https://jfly.uni-koeln.de/color/), the darker hues first for thin lines.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY, AMBER, YELLOW, BLACK = "#56B4E9", "#E69F00", "#F0E442", "#000000"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, AMBER, SKY, BLACK)
_LETTERS = 21  # of a footnote in an inch
GREY, LIGHT = "#595959", "#D9D9D9"
SEQUENTIAL = "cividis"  # a colour map of even lightness, for heat maps

_LOOK: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so every machine draws the same
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LIGHT,
    "grid.linewidth": 0.4,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.5,
    "pdf.fonttype": 42,  # TrueType: text in the PDF can be searched and copied
}


@contextmanager
def in_style() -> Iterator[None]:
    """The house style, as a decorator of a function that draws or around a block that does."""
    with matplotlib.rc_context(_LOOK):
        yield


def new_figure(
    width: float = COLUMN, height: float = 2.2, rows: int = 1, columns: int = 1, **subplots: Any
) -> tuple[Figure, Any]:
    """A figure of `width` × `height` inches and its axes (an array of them if several).

    Further keywords go to matplotlib's `Figure.subplots`.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, **subplots)


@in_style()
def message_figure(message: str, width: float = COLUMN, height: float = 1.2) -> Figure:
    """A figure that says why there is nothing to see, in place of one that lacks its input."""
    figure, axes = new_figure(width, height)
    axes.set_axis_off()
    axes.text(0.5, 0.5, message, ha="center", va="center", color=GREY, wrap=True)
    return figure


def footnote(figure: Figure, text: str) -> None:
    """Small grey lines below everything: what the pictures are, who the voters were."""
    wrapped = textwrap.fill(text, int(_LETTERS * figure.get_figwidth()))
    figure.supxlabel(wrapped, fontsize=6, color=GREY, x=0.01, ha="left")


@in_style()
def save(figure: Figure, pdf: str | Path, png: str | Path) -> None:
    """Write `figure` as PDF and as PNG (300 dots per inch), the same bytes every time."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it reports every glyph at INFO
    with atomic_path(pdf) as temporary:
        figure.savefig(temporary, format="pdf", metadata={"CreationDate": None})
    with atomic_path(png) as temporary:
        figure.savefig(temporary, format="png", dpi=300, metadata={"Software": None})
