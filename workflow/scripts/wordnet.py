"""Provide WordNet 3.0."""

from cil.logs import configure_logging
from cil.sources.wordnet import provide_wordnet

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    provide_wordnet(snakemake.output.folder)
