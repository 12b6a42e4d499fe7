"""Draw where the errors of the network of original labels fall."""

import numpy as np

from cil.files import read_json
from cil.logs import configure_logging
from cil.report.figure_forgiven import count_outcomes, draw_forgiven
from cil.report.scores import DataSet
from cil.report.style import save

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    given, config = snakemake.input, snakemake.params.config
    every, groups = None, []
    if given.get("logits"):
        label_of = read_json(given.labels)
        names = list(dict.fromkeys(label_of.values()))
        labels = np.array([names.index(label_of[w]) for w in read_json(given.meta)["classes"]])
        predicted = np.load(given.logits, mmap_mode="r").argmax(1)
        every, groups = count_outcomes(predicted, np.load(given.truth), labels, names)
    note = DataSet.read(given.meta).note(config["simulated"])
    figure = draw_forgiven(every, groups, config["reference"], note)
    save(figure, snakemake.output.pdf, snakemake.output.png)
