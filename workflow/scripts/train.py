"""Train or finetune one network with one seed."""

from pathlib import Path

from cil.logs import configure_logging
from cil.training.devices.launch import Job, train
from cil.training.devices.machine import Machine
from cil.training.recipe import Recipe

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    parent = snakemake.input.get("parent")
    train(
        Job(
            images=Path(snakemake.input.meta).parent,
            labels=Path(snakemake.input.labels),
            folder=Path(snakemake.output.model).parent,
            recipe=Recipe.from_config(snakemake.params.config, finetune=parent is not None),
            machine=Machine.from_config(snakemake.config["training"], snakemake.threads),
            seed=int(snakemake.wildcards.seed),
            parent=Path(parent) if parent else None,
            code=snakemake.params.code,
        ),
        Path(snakemake.log[0]),
    )
