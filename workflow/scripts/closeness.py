"""Measure how far each class resembles every label that it may take."""

from pathlib import Path

from cil.files import write_parquet
from cil.hierarchy import Hierarchy
from cil.labels.closeness import closeness_table
from cil.logs import configure_logging
from cil.sources.nouns import Nouns

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    hierarchy = Hierarchy.read(Path(snakemake.input.synsets).parent)
    write_parquet(
        closeness_table(hierarchy, Nouns(snakemake.input.wordnet)), snakemake.output.closeness
    )
