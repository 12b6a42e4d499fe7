"""Share the counts of names out among the synsets of that name."""

from pathlib import Path

from cil.hierarchy import Hierarchy
from cil.logs import configure_logging
from cil.search.counts import read_counts
from cil.search.familiarity import familiarity_table, sense_shares, write_familiarity
from cil.sources.wordnet import open_wordnet

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    config = snakemake.params.config
    hierarchy = Hierarchy.read(Path(snakemake.input.synsets).parent)
    counts = read_counts(snakemake.input.counts)
    shares = None
    if config["disambiguate"] == "sense-share":
        shares = sense_shares(hierarchy, open_wordnet(snakemake.input.wordnet), config["smoothing"])
    write_familiarity(familiarity_table(hierarchy, counts, shares), snakemake.output.familiarity)
