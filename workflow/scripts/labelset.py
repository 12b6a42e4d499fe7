"""Make one label set."""

from pathlib import Path

from cil.hierarchy import Hierarchy
from cil.labels.make import make_labelset
from cil.logs import configure_logging

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    hierarchy = Hierarchy.read(Path(snakemake.input.classes).parent)
    labelset = make_labelset(hierarchy, snakemake.params.config, dict(snakemake.input.items()))
    labelset.write(snakemake.output.json, snakemake.output.parquet)
