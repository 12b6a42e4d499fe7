"""Give every synset the familiarity of its name, or its share of it."""

import os
from pathlib import Path

from cil.hierarchy import Hierarchy
from cil.logs import configure_logging
from cil.search.by_name import open_source
from cil.search.counts import count_contexts, read_counts
from cil.search.familiarity import familiarity_table, sense_shares, write_familiarity
from cil.sources.nouns import Nouns

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    config = snakemake.params.config
    hierarchy = Hierarchy.read(Path(snakemake.input.synsets).parent)
    if config["disambiguate"] == "context":
        table = count_contexts(open_source(config, os.environ), hierarchy, config)
    else:
        shares = None
        if config["disambiguate"] == "sense-share":
            nouns = Nouns(snakemake.input.wordnet)
            shares = sense_shares(hierarchy, nouns, config["smoothing"])
        table = familiarity_table(hierarchy, read_counts(snakemake.input.counts), shares)
    write_familiarity(table, snakemake.output.familiarity)
