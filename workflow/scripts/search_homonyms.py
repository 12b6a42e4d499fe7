"""Show what each way of disambiguation makes of ambiguous names."""

from pathlib import Path

from cil.hierarchy import Hierarchy
from cil.logs import configure_logging
from cil.report.lists import homonyms_table
from cil.search.counts import read_counts
from cil.search.homonyms import homonyms, write_homonyms
from cil.sources.nouns import Nouns

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    counts = read_counts(snakemake.input.counts).dropna(subset=["count"])
    rows = homonyms(
        Hierarchy.read(Path(snakemake.input.synsets).parent),
        Nouns(snakemake.input.wordnet),
        dict(zip(counts["name"], counts["count"], strict=True)),
        snakemake.params.config["smoothing"],
    )
    write_homonyms(rows, snakemake.output.table)
    homonyms_table(rows).write(html=snakemake.output.page)
