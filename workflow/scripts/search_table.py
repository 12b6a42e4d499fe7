"""Set the sources of counts side by side."""

from cil.logs import configure_logging
from cil.search.compare import write_comparison
from cil.search.counts import read_counts

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    sources = snakemake.params.config["sources"]
    counts = [read_counts(path) for path in snakemake.input]
    write_comparison(dict(zip(sources, counts, strict=True)), snakemake.output.table)
