"""Figure: how many voters a stable consensus needs."""

import pandas
from matplotlib.figure import Figure

from cil.report.style import FULL, PALETTE, footnote, in_style, new_figure

_MARKERS = "os^Dv"


@in_style()
def draw_voters(study: pandas.DataFrame) -> Figure:
    """Agreement with the consensus of 50 voters over the number of voters, a line per method.

    `study` is the artifact tables/voters.csv; each share of random voters gets its own panel.
    """
    shares = sorted(study["random_voters"].unique())
    figure, axes = new_figure(FULL, 2.4, columns=len(shares), sharey=True, squeeze=False)
    for place, (panel, share) in enumerate(zip(axes[0], shares, strict=True)):
        for number, (method, rows) in enumerate(
            study[study["random_voters"] == share].groupby("method")
        ):
            colour = PALETTE[number % len(PALETTE)]
            low, high = rows["ari_mean"] - rows["ari_std"], rows["ari_mean"] + rows["ari_std"]
            panel.fill_between(rows["voters"], low, high, color=colour, alpha=0.15, linewidth=0)
            panel.plot(
                rows["voters"],
                rows["ari_mean"],
                marker=_MARKERS[number % len(_MARKERS)],
                color=colour,
                label=method,
            )
        panel.set_xscale("log")
        ticks = sorted(study["voters"].unique())
        panel.set_xticks(ticks, labels=list(map(str, ticks)), minor=False)
        panel.minorticks_off()
        panel.set_xlabel("Voters")
        who = "nobody answers at random" if not share else f"{share:.0%} answer at random"
        panel.text(0.98, 0.04, who, transform=panel.transAxes, ha="right", va="bottom")
        if not place:
            panel.set_ylabel("Adjusted Rand index against\nthe consensus of 50 others")
    axes[0, 0].legend(loc="lower right", bbox_to_anchor=(1, 0.1))
    panels = study["panels"].max()
    bands = f"bands: one standard deviation of {panels} panels"
    bands = bands if panels > 1 else "one panel of each size: no bands"
    footnote(figure, f"all voters of this study are simulated; {bands}")
    return figure
