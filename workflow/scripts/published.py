"""Fetch one published file."""

from cil.logs import configure_logging
from cil.sources.published import provide_published

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    provide_published(snakemake.output.file, snakemake.config["sources"]["mirror"])
