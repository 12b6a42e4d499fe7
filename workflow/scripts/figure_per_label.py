"""Draw the accuracy of each label against its number of classes."""

from collections import Counter

from cil.files import read_json
from cil.logs import configure_logging
from cil.report.figures.per_label import draw_per_label
from cil.report.scores import DataSet, read_csv, votes_are_simulated
from cil.report.style import save

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    given, config = snakemake.input, snakemake.params.config
    rows = read_csv(given.per_label)
    figure = draw_per_label(
        rows,
        Counter(read_json(given.labels).values()),
        config["run"],
        DataSet.read(given.meta).note(votes_are_simulated(rows)),
    )
    save(figure, snakemake.output.pdf, snakemake.output.png)
