"""Photograph the running survey."""

from pathlib import Path

from cil.files import read_parquet
from cil.logs import configure_logging
from cil.report.figures.survey import draw_survey
from cil.report.style import save
from cil.votes.consensus import CONSENSUS_COLUMNS

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    consensus = read_parquet(snakemake.input.consensus, CONSENSUS_COLUMNS)
    experiment = Path(snakemake.input.classes).parents[1]
    save(draw_survey(experiment, consensus), snakemake.output.pdf, snakemake.output.png)
