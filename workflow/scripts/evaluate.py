"""Score every model in every label set that its own can be mapped onto."""

from itertools import product
from pathlib import Path

import numpy as np

from cil.evaluation.evaluate import Evaluation, open_tasks, read_logits
from cil.hierarchy import Hierarchy
from cil.logs import configure_logging

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    config = snakemake.params.config
    hierarchy = Hierarchy.read(Path(snakemake.input.classes).parent)
    paths = dict(zip(config["labelsets"], snakemake.input.labelsets, strict=True))
    evaluation = Evaluation(open_tasks(hierarchy, paths, np.load(snakemake.input.val_classes)))
    models = product(config["runs"].items(), range(config["seeds"]))
    for ((run, labels), seed), path in zip(models, snakemake.input.logits, strict=True):
        evaluation.add(run, seed, labels, read_logits(path))
    evaluation.write(Path(snakemake.output.metrics).parent)
