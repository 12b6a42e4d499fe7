"""Set the sources of counts side by side."""

from cil.logs import configure_logging
from cil.report.lists import search_counts_table
from cil.search.compare import comparison, write_comparison
from cil.search.counts import read_counts

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    made = snakemake.output
    config = snakemake.params.config
    counts = dict(zip(config["sources"], map(read_counts, snakemake.input), strict=True))
    write_comparison(counts, made.search_counts_csv)
    table = search_counts_table(comparison(counts), config["pictures"])
    table.write(**{kind: made[f"search_counts_{kind}"] for kind in ("md", "tex", "html")})
