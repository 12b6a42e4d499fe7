"""Score the network of original labels on cuts through the hierarchy, by summing."""

from pathlib import Path

import numpy as np

from cil.evaluation.answers import answer
from cil.evaluation.evaluate import read_logits
from cil.files import write_csv
from cil.hierarchy import Hierarchy
from cil.labels.automatic import tree_cut
from cil.labels.naming import read_naming
from cil.logs import configure_logging

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    given, config = snakemake.input, snakemake.params.config
    hierarchy = Hierarchy.read(Path(given.classes).parent)
    truth = np.load(given.truth)
    naming = read_naming(given.naming)
    logits = [read_logits(path) for path in given.get("logits", [])]
    rows = []
    for number in config["cuts"] if logits else []:
        labels = tree_cut(hierarchy, naming, min(number, len(hierarchy.classes))).label_index
        for seed, each in enumerate(logits):
            answers = answer(each, labels[truth], labels, "sum")
            scores = {"top1": answers.top1, "top5": answers.top5}
            rows.append({"labels": int(labels.max()) + 1, "seed": seed, **scores})
    unique = {(row["labels"], row["seed"]): row for row in rows}
    columns = ("labels", "seed", "top1", "top5")
    write_csv([unique[key] for key in sorted(unique)], snakemake.output.cuts, columns)
