"""Train or finetune one network with one seed."""

from pathlib import Path

from cil.images.store import ImageStore
from cil.logs import configure_logging
from cil.training.data import Labelling, Split
from cil.training.loop import Trainer
from cil.training.machine import Machine
from cil.training.recipe import Recipe

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    store = ImageStore.open(Path(snakemake.input.meta).parent)
    parent = snakemake.input.get("parent")
    Trainer(
        Recipe.from_config(snakemake.params.config, finetune=parent is not None),
        *Split.pair(store),
        Labelling.read(snakemake.input.labels, store.classes),
        Path(snakemake.output.model).parent,
        seed=int(snakemake.wildcards.seed),
        machine=Machine.from_config(snakemake.config["training"], snakemake.threads),
        parent=parent,
        code=snakemake.params.code,
    ).run()
