"""How the number of labels trades against agreement with a reference."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from cil.report.style import BLACK, GREY, footnote, in_style, new_figure

MEASURES = {
    "ari": "ARI",
    "ari_rest": "ARI without the largest group",
    "v_measure": "V-measure",
    "same_name": "Same name",
}


@in_style()
def draw_tree_cut(
    rows: Sequence[Mapping[str, Any]], reference: str, reference_labels: int, simulated: bool
) -> Figure:
    """The measures of agreement over the number of labels of the cut.

    `rows` are those of labels/tree_cut.csv. `simulated`: the votes behind the reference are, which
    the figure says.
    """
    figure, axes = new_figure(height=2.4)
    for (column, name), marker in zip(MEASURES.items(), "osD^", strict=True):
        points = [(row["labels"], row[column]) for row in rows if row[column] != ""]
        axes.plot(*zip(*points, strict=True), marker=marker, label=name)
    axes.axvline(reference_labels, color=BLACK, linewidth=0.6, linestyle=":")
    axes.annotate(
        f"{reference}: {reference_labels}",
        (reference_labels, 0.02),
        xytext=(3, 0),
        textcoords="offset points",
        fontsize=6,
        color=GREY,
    )
    axes.set_ylim(0, 1)
    axes.set_xlabel("Labels of the cut")
    axes.set_ylabel(f"Agreement with {reference}")
    figure.legend(loc="outside upper left", ncols=2)
    if simulated:
        footnote(figure, f"the votes behind {reference} are simulated")
    return figure
