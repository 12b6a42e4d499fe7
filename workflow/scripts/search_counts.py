"""Count every name of the hierarchy."""

import os

from cil.files import write_parquet
from cil.logs import configure_logging
from cil.search.by_name import open_source
from cil.search.counts import count_names, names_of

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    config = snakemake.params.config
    source = open_source(config, os.environ, dict(snakemake.input.items()))
    counts = count_names(source, names_of(snakemake.input.synsets), config)
    write_parquet(counts, snakemake.output.counts)
