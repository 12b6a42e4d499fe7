"""Figure 5: error by epoch, with and without finetuning."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from cil.report.scores import Scores, read_csv
from cil.report.style import COLUMN, GREY, PALETTE, footnote, in_style, message_figure, new_figure

MARKERS = "os^Dvp"


def read_errors(paths: Sequence[str | Path]) -> dict[str, np.ndarray]:
    """Error in percent by measure (top1, top5) from each seed's history.csv: (seeds, epochs)."""
    histories = [read_csv(path) for path in paths]
    return {
        what: 100 - 100 * np.array([[float(row[what]) for row in rows] for rows in histories])
        for what in ("top1", "top5")
    }


@in_style()
def draw_curves(
    histories: Mapping[str, Sequence[str | Path]],
    scores: Scores,
    source: str | None,
    labels: str,
    note: str,
) -> Figure:
    """Validation error by epoch for each run: mean over seeds, band from lowest to highest.

    Args:
        histories: history.csv of each seed, by run; the runs all have the label set `labels`.
        source: the run whose summed probabilities are the dashed line.
    """
    if not histories:
        return message_figure(f"No run is trained on the label set {labels}: no curves to draw.")
    figure, axes = new_figure(COLUMN, 3.4, rows=2, sharex=True)
    styles = zip(PALETTE, MARKERS, strict=False)
    for (run, paths), (colour, marker) in zip(histories.items(), styles, strict=False):
        for axis, errors in zip(axes, read_errors(paths).values(), strict=True):
            epochs = np.arange(1, errors.shape[1] + 1)
            axis.fill_between(epochs, errors.min(0), errors.max(0), color=colour, alpha=0.2, lw=0)
            every = max(1, len(epochs) // 10)
            axis.plot(
                epochs, errors.mean(0), color=colour, marker=marker, markevery=every, label=run
            )
    for axis, what in zip(axes, ("top1", "top5"), strict=True):
        if source is None:
            summed = None
        else:
            summed = scores.measure(what, 100, run=source, labels=labels, method="sum")
        if summed:
            axis.axhline(
                100 - summed.mean, color=GREY, ls="--", label=f"{source}, summed, untrained"
            )
        axis.set_ylabel(f"{what.replace('p', 'p-').capitalize()} error (%)")
    axes[1].set_xlabel("Epoch")
    axes[1].xaxis.get_major_locator().set_params(integer=True)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper left", ncols=2)
    seeds = len(next(iter(histories.values())))
    band = f"bands: lowest to highest of {seeds} seeds" if seeds > 1 else "one seed: no bands"
    footnote(figure, f"{labels} labels; {note}; {band}")
    return figure
