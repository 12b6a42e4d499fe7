"""Figure: how many voters a stable consensus needs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from cil.report.style import FULL, PALETTE, footnote, in_style, new_figure

_MARKERS = "os^Dv"
_APART = 1.06  # factor between the marks of two methods at one number of voters


@in_style()
def draw_voters(study: Sequence[Mapping[str, Any]]) -> Figure:
    """Agreement with the consensus of 50 voters over the number of voters, a line per method.

    `study` are the rows of survey/study.csv; each share of random voters gets its own panel.
    """
    shares = sorted({row["random_voters"] for row in study})
    methods = sorted({row["method"] for row in study})
    ticks = sorted({row["voters"] for row in study})
    panels = max(row["panels"] for row in study)
    figure, axes = new_figure(FULL, 2.4, columns=len(shares), sharey=True, squeeze=False)
    for panel, share in zip(axes[0], shares, strict=True):
        for number, method in enumerate(methods):
            rows = [r for r in study if (r["random_voters"], r["method"]) == (share, method)]
            voters, mean, deviation = (
                np.array([row[key] for row in rows]) for key in ("voters", "ari_mean", "ari_std")
            )
            panel.errorbar(
                voters * _APART ** (number - (len(methods) - 1) / 2),
                mean,
                deviation if panels > 1 else None,
                elinewidth=0.7,
                marker=_MARKERS[number % len(_MARKERS)],
                color=PALETTE[number % len(PALETTE)],
                label=method,
            )
        panel.set_xscale("log")
        panel.set_xticks(ticks, labels=list(map(str, ticks)), minor=False)
        panel.minorticks_off()
        panel.set_xlabel("Voters")
        who = "nobody answers at random" if not share else f"{share:.0%} answer at random"
        panel.text(0.98, 0.04, who, transform=panel.transAxes, ha="right", va="bottom")
    axes[0, 0].set_ylabel("Adjusted Rand index against\nthe consensus of 50 others")
    axes[0, 0].legend(loc="lower right", bbox_to_anchor=(1, 0.1))
    spread = f"bars: one standard deviation of {panels} panels"
    spread = spread if panels > 1 else "one panel of each size: no bars"
    footnote(figure, f"all voters of this study are simulated; {spread}")
    return figure
