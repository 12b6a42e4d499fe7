"""Draw where the errors of the network of original labels fall."""

import numpy as np

from cil.files import read_json
from cil.logs import configure_logging
from cil.report.figure_forgiven import count_outcomes, draw_forgiven
from cil.report.scores import DataSet
from cil.report.style import save

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    given, reference = snakemake.input, snakemake.params.config["reference"]
    every, groups = None, []
    if given.get("logits"):
        label_of = read_json(given.labels)
        names = list(dict.fromkeys(label_of.values()))
        labels = np.array([names.index(label_of[w]) for w in read_json(given.meta)["classes"]])
        predicted = np.load(given.logits, mmap_mode="r").argmax(1)
        every, groups = count_outcomes(predicted, np.load(given.truth), labels, names)
    figure = draw_forgiven(every, groups, reference, DataSet.read(given.meta).short())
    save(figure, snakemake.output.pdf, snakemake.output.png)
