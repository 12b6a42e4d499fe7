"""Draw Figure 5: error by epoch, with and without finetuning."""

from cil.logs import configure_logging
from cil.report.experiment import histories_by_run
from cil.report.figures.curves import draw_curves
from cil.report.scores import DataSet, Scores
from cil.report.style import save

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    config, given = snakemake.params.config, snakemake.input
    histories, scores = histories_by_run(config, given.histories), Scores.read(given.metrics)
    figure = draw_curves(
        {
            run: histories[run]
            for run, about in sorted(
                config["runs"].items(), key=lambda run: bool(run[1]["finetune"])
            )
            if about["labels"] == config["reference"]
        },
        scores,
        config["source"],
        config["reference"],
        DataSet.read(given.meta).note(scores.simulated(labels=config["reference"])),
    )
    save(figure, snakemake.output.pdf, snakemake.output.png)
