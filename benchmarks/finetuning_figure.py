"""Figure 5 for every way of finetuning that benchmarks/ablation.py tried.

    python -m benchmarks.finetuning_figure results/ablation docs/finetuning.png

Draws what `python -m benchmarks.ablation finetuning` left in its --out.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks.ablation import FINETUNING, folder_of
from cil.report.figures.curves import MARKERS, read_errors
from cil.report.style import FULL, GREY, PALETTE, footnote, in_style, new_figure

SIDES = ("All at the paper's rate", "Smaller rates")


@in_style()
def draw_finetuning(out: Path) -> Figure:
    """Top-1 error by epoch, mean over seeds; the paper's way stands in both panels."""
    figure, axes = new_figure(FULL, 2.8, columns=2, sharey=True)
    styles = dict(zip(FINETUNING, zip(PALETTE, MARKERS + "X", strict=False), strict=True))
    for name, (colour, marker) in styles.items():
        paths = sorted(folder_of(out, "finetuning", name).glob("seed*/history.csv"))
        errors = read_errors(paths)["top1"]
        epochs = np.arange(1, errors.shape[1] + 1)
        smaller = "learning_rate" in FINETUNING[name]
        for side, axis in enumerate(axes):
            if name == "paper" or smaller == bool(side):
                axis.fill_between(
                    epochs, errors.min(0), errors.max(0), color=colour, alpha=0.12, lw=0
                )
                axis.plot(epochs, errors.mean(0), color=colour, marker=marker, label=name)
    sums = [
        json.loads(path.read_text())["top1"]
        for path in sorted(folder_of(out, "scratch", "paper").glob("seed*/sum.json"))
    ]
    for axis, title in zip(axes, SIDES, strict=True):
        axis.axhline(
            100 - 100 * np.mean(sums), color=GREY, ls="--", label="original, summed, untrained"
        )
        axis.set_title(title)
        axis.set_xlabel("Epoch")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.legend(loc="upper right")
    axes[0].set_ylabel("Top-1 error (%)")
    axes[0].set_ylim(top=axes[0].get_ylim()[1] + 2)  # room for the legends
    footnote(figure, f"bands: lowest to highest of {len(sums)} seeds")
    return figure


def main() -> None:
    """Draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path, help="what the ablation wrote")
    parser.add_argument("png", type=Path)
    arguments = parser.parse_args()
    draw_finetuning(arguments.out).savefig(arguments.png, dpi=160, metadata={"Software": None})


if __name__ == "__main__":
    main()
