"""A whole label set on one page: every label under its branch of the hierarchy, with its size."""

import math
from collections import Counter, defaultdict

from matplotlib.figure import Figure

from cil.hierarchy import Hierarchy
from cil.labels.labelset import LabelSet
from cil.report.style import BLACK, FULL, GREY, PALETTE, footnote, in_style, new_figure

_COLUMNS, _LINE, _BRANCHES = 6, 0.088, 16
_SMALLEST = 4  # labels in a branch; smaller ones are put together
_LONGEST = 31  # letters of a name


@in_style()
def draw_labelset_map(labelset: LabelSet) -> Figure:
    """Every label by name, its number of classes beside it and as a bar (logarithmic).

    Where the votes behind the label set are simulated, the figure says so.
    """
    lines = _lines(labelset)
    rows = math.ceil(len(lines) / _COLUMNS)
    figure, axes = new_figure(FULL, _LINE * (rows + 1))
    axes.set_xlim(0, _COLUMNS)
    axes.set_ylim(rows + 0.5, -0.5)
    axes.set_axis_off()
    longest = math.log2(1 + labelset.sizes.max())
    for place, (text, size, colour) in enumerate(lines):
        column, row = divmod(place, rows)
        if size is None:
            axes.text(column, row, text, color=colour, weight="bold", fontsize=5, va="center")
            continue
        if size > 1:
            length = 0.8 * math.log2(1 + size) / longest
            axes.barh(row, length, left=column + 0.11, height=0.86, color=colour, alpha=0.35)
            axes.text(
                column + 0.09, row, str(size), ha="right", va="center", fontsize=4.5, color=GREY
            )
        axes.text(column + 0.12, row, text, va="center", fontsize=4.5, color=BLACK)
    votes = "; the votes behind it are simulated" if labelset.simulated_votes else ""
    footnote(figure, f"numbers and bars: the classes that a label merges{votes}")
    return figure


def _lines(labelset: LabelSet) -> list[tuple[str, int | None, str]]:
    """Headings (size None) and labels in the order of the page: text, classes, colour."""
    branch_of = _branches(labelset.hierarchy)
    members: dict[str, list[int]] = defaultdict(list)
    for index, classes in enumerate(labelset.groups):
        members[branch_of[classes[0]]].append(index)
    small = [branch for branch, indices in members.items() if len(indices) < _SMALLEST]
    other = [index for branch in small for index in members.pop(branch)]
    named = {labelset.hierarchy.name(branch): indices for branch, indices in members.items()}
    if other:
        named["others"] = other
    lines: list[tuple[str, int | None, str]] = []
    for number, (branch, indices) in enumerate(named.items()):
        colour = PALETTE[number % (len(PALETTE) - 1)]
        lines.append((branch, None, colour))
        ordered = sorted(indices, key=lambda index: (-labelset.sizes[index], labelset.names[index]))
        lines += [
            (_cut_short(labelset.names[index]), int(labelset.sizes[index]), colour)
            for index in ordered
        ]
    return lines


def _branches(hierarchy: Hierarchy) -> dict[str, str]:
    """The branch of each class: the tree of main parents, its largest branch split until enough."""
    chains = {wnid: _chain(hierarchy, wnid) for wnid in hierarchy.classes}
    at = dict.fromkeys(hierarchy.classes, 0)
    while len(sizes := Counter(chains[w][at[w]] for w in chains)) < _BRANCHES:
        largest = max(sizes, key=lambda branch: (sizes[branch], branch))
        splits = [w for w in chains if chains[w][at[w]] == largest and at[w] + 1 < len(chains[w])]
        if not splits:
            break
        for wnid in splits:
            at[wnid] += 1
    return {wnid: chains[wnid][at[wnid]] for wnid in chains}


def _chain(hierarchy: Hierarchy, wnid: str) -> list[str]:
    """From the root down to a class, by the parent above the most classes."""
    chain = [wnid]
    while parents := hierarchy.parents(chain[-1]):
        chain.append(max(parents, key=lambda parent: (hierarchy.n_classes(parent), parent)))
    return chain[::-1]


def _cut_short(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
