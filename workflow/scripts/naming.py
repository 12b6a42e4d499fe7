"""Measure what makes the name of each synset one that people say."""

from pathlib import Path

from cil.files import write_parquet
from cil.hierarchy import Hierarchy
from cil.labels.naming import naming_table
from cil.logs import configure_logging
from cil.search.counts import read_counts
from cil.sources.manynames import read_spoken
from cil.sources.nouns import Nouns

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    hierarchy = Hierarchy.read(Path(snakemake.input.synsets).parent)
    nouns = Nouns(snakemake.input.wordnet)
    asked = snakemake.input.get("spoken")
    spoken = read_spoken(asked) if asked else None
    table = naming_table(hierarchy, nouns, read_counts(snakemake.input.counts), spoken)
    write_parquet(table, snakemake.output.naming)
