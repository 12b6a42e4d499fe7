"""Draw where the errors of the network of original labels fall."""

import numpy as np

from cil.files import read_json, read_parquet
from cil.logs import configure_logging
from cil.report.figures.forgiven import count_outcomes, draw_forgiven
from cil.report.scores import DataSet
from cil.report.style import save

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    given, config = snakemake.input, snakemake.params.config
    labels = read_parquet(given.labels, ("wnid", "label", "simulated_votes")).set_index("wnid")
    every, groups = None, []
    if given.get("logits"):
        names = labels["label"].drop_duplicates().tolist()
        of_class = labels["label"][read_json(given.meta)["classes"]].map(names.index).to_numpy()
        predicted = np.load(given.logits, mmap_mode="r").argmax(1)
        every, groups = count_outcomes(predicted, np.load(given.truth), of_class, names)
    note = DataSet.read(given.meta).note(bool(labels["simulated_votes"].any()))
    figure = draw_forgiven(every, groups, config["reference"], note)
    save(figure, snakemake.output.pdf, snakemake.output.png)
