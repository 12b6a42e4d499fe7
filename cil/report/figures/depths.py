"""Figure 2: the classes below one synset lie at different depths."""

from collections import Counter

from matplotlib.figure import Figure

from cil.hierarchy import Hierarchy
from cil.report.style import BLUE, GREY, in_style, message_figure, new_figure

DOG = "n02084071"
_NAMED = 3


@in_style()
def draw_depths(hierarchy: Hierarchy, wnid: str = DOG) -> Figure:
    """How many classes lie how many links below a synset, with the first few of each by name."""
    if wnid not in hierarchy.synsets or hierarchy.n_classes(wnid) < 2:
        return message_figure("No two classes of this experiment are dogs.")
    depths = {below: hierarchy.steps_up(below)[wnid] for below in hierarchy.classes_below(wnid)}
    counts = Counter(depths.values())
    figure, axes = new_figure(height=0.5 + 0.35 * max(counts))
    levels = range(1, max(counts) + 1)
    bars = axes.barh(levels, [counts[level] for level in levels], color=BLUE, height=0.7)
    for level, bar in zip(levels, bars, strict=True):
        names = [hierarchy.name(below) for below, depth in depths.items() if depth == level]
        named = ", ".join(sorted(names, key=lambda name: (len(name), name))[:_NAMED])
        more = ", …" if len(names) > _NAMED else ""
        axes.annotate(
            f"{counts[level]}  ({named}{more})" if names else "0",
            (bar.get_width(), level),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=6,
            color=GREY,
        )
    axes.set_xlim(0, 2.1 * max(counts.values()))
    axes.set_yticks(levels)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("Classes")
    axes.set_ylabel(f"Links below {hierarchy.name(wnid)}")
    return figure
