"""Figure 3: how familiar the names around cat and dog are, and which general ones outrank them."""

from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cil.hierarchy import Hierarchy
from cil.report.style import BLUE, COLUMN, GREY, LIGHT, ORANGE, in_style, message_figure, new_figure

ORGANISM, DOG, CAT = "n00004475", "n02084071", "n02121620"
FOCUS = (CAT, DOG)
CHILDREN = 3  # shown of each synset below the focus, those with the most classes
LEVELS = 2  # shown below the focus
ROW = 0.118  # inches
INDENT = 0.055  # of the width of the names' part


@dataclass(frozen=True)
class Row:
    """One line of the figure: a synset, how deep it hangs, and how many siblings are not shown."""

    wnid: str
    parent: str | None
    level: int
    hidden: int = 0


@in_style()
def draw_search_counts(
    hierarchy: Hierarchy, familiarity: Mapping[str, float], unit: str, disambiguate: str = "none"
) -> Figure:
    """The hierarchy from organism to cat and dog and some kinds of them, a dot for each count.

    Orange are the general names that outrank cat or dog below them: by counts alone they would
    take the label's place, which is why the authors made exceptions of such names.
    """
    rows = rows_around(hierarchy)
    if not rows:
        return message_figure("Neither cat nor dog is among the classes or above them.")
    known = [familiarity[row.wnid] for row in rows if familiarity.get(row.wnid, 0) > 0]
    if not known:
        return message_figure("The source of counts knows none of the names around cat and dog.")
    figure, (names, dots) = new_figure(
        COLUMN, ROW * len(rows) + 0.45, columns=2, sharey=True, width_ratios=(1.15, 1)
    )
    _draw_names(names, hierarchy, rows)
    dots.set_xlim(min(known) / 3, max(known) * 30)
    dots.set_ylim(len(rows) - 0.4, -0.6)
    orange = outranking(hierarchy, familiarity)
    _draw_dots(dots, rows, familiarity, orange)
    weighted = {"sense-share": ", share of the sense", "context": ", beside the parent's name"}
    dots.set_xlabel(unit + weighted.get(disambiguate, ""), x=1.0, ha="right")
    if orange:
        names.legend(
            [Line2D([], [], color=ORANGE, marker="o", linestyle="")],
            ["outranks cat or dog below it"],
            loc="upper left",
            bbox_to_anchor=(-0.05, 0),
            handletextpad=0.2,
        )
    return figure


def outranking(hierarchy: Hierarchy, familiarity: Mapping[str, float]) -> frozenset[str]:
    """The ancestors of cat and dog, from organism down, that are better known than they are."""
    return frozenset(
        above
        for wnid in FOCUS
        if wnid in hierarchy.synsets and wnid in familiarity
        for above in _between(hierarchy, wnid)
        if familiarity.get(above, 0) > familiarity[wnid]
    )


def _between(hierarchy: Hierarchy, wnid: str) -> frozenset[str]:
    """The ancestors of `wnid` at or below organism."""
    return frozenset(
        above
        for above in hierarchy.ancestors(wnid)
        if above == ORGANISM or ORGANISM in hierarchy.ancestors(above)
    )


def rows_around(hierarchy: Hierarchy) -> list[Row]:
    """The lines of the figure, a parent before its children; empty without cat and dog."""
    focus = [wnid for wnid in FOCUS if wnid in hierarchy.synsets]
    shown = frozenset(focus).union(*(_between(hierarchy, wnid) for wnid in focus))
    rows: list[Row] = []

    def walk(wnid: str, parent: str | None, level: int, below: int) -> None:
        inside = below > 0 or wnid in focus
        children = _children(hierarchy, wnid)
        if inside:
            children.sort(key=lambda child: (-hierarchy.n_classes(child), hierarchy.name(child)))
            visible = children[:CHILDREN] if below < LEVELS else []
        else:
            visible = sorted((c for c in children if c in shown), key=hierarchy.name)
        hidden = len(children) - len(visible) if inside and visible else 0
        rows.append(Row(wnid, parent, level, hidden))
        for child in visible:
            walk(child, wnid, level + 1, below + inside)

    if focus and ORGANISM in hierarchy.synsets:
        walk(ORGANISM, None, 0, 0)
    return rows


def _children(hierarchy: Hierarchy, wnid: str) -> list[str]:
    """The children that hang here: a synset with several parents hangs under the deepest."""
    return [
        child
        for child in hierarchy.children(wnid)
        if max(hierarchy.parents(child), key=lambda each: (hierarchy.depth_max(each), each)) == wnid
    ]


def _draw_names(axes: Axes, hierarchy: Hierarchy, rows: list[Row]) -> None:
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    place = {row.wnid: number for number, row in enumerate(rows)}
    for number, row in enumerate(rows):
        left = row.level * INDENT
        if row.parent:
            stem = left - INDENT / 2
            axes.plot(
                [stem, stem, left - 0.01],
                [place[row.parent] + 0.4, number, number],
                color=GREY,
                linewidth=0.5,
            )
        more = f"  +{row.hidden} more" if row.hidden else _elsewhere(hierarchy, row, rows)
        weight = "bold" if row.wnid in FOCUS else "normal"
        text = axes.text(
            left, number, hierarchy.name(row.wnid), fontsize=6.5, va="center", weight=weight
        )
        if more:
            axes.annotate(more, (1, 0.5), xycoords=text, fontsize=5.5, va="center", color=GREY)


def _elsewhere(hierarchy: Hierarchy, row: Row, rows: list[Row]) -> str:
    """What lies below a synset as well, but hangs under another parent in the figure."""
    names = [
        hierarchy.name(other.wnid)
        for other in rows
        if row.wnid in hierarchy.parents(other.wnid) and other.parent != row.wnid
    ]
    return f"  also above {', '.join(names)}" if names else ""


def _draw_dots(
    axes: Axes, rows: list[Row], familiarity: Mapping[str, float], outranking: frozenset[str]
) -> None:
    # Dots, as a bar has no foot to stand on where the axis is logarithmic.
    axes.set_xscale("log")
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", left=False, labelleft=False)
    low = axes.get_xlim()[0]
    for number, row in enumerate(rows):
        count = familiarity.get(row.wnid)
        colour = ORANGE if row.wnid in outranking else BLUE
        if count:
            axes.plot([low, count], [number, number], color=LIGHT, linewidth=0.8, zorder=0)
            axes.plot(count, number, marker="o", color=colour)
        axes.annotate(
            readable(count),
            (count or low, number),
            xytext=(3, 0),
            textcoords="offset points",
            fontsize=5.5,
            va="center",
            color=colour,
        )


def readable(count: float | None) -> str:
    """A count in three digits at most: 126 k, 2.88 B (billions); a dash for none."""
    if count is None:
        return "–"
    for size, unit in ((1e9, " B"), (1e6, " M"), (1e3, " k")):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return f"{count:.3g}"
