"""Turn votes into labels, and say how far the voters agree."""

from pathlib import Path

from cil.files import read_parquet, write_json, write_parquet
from cil.hierarchy import Hierarchy
from cil.logs import configure_logging
from cil.votes.agreement import agreement, by_class, by_voter, contested
from cil.votes.consensus import consensus
from cil.votes.table import ALL_COLUMNS, write_table

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    hierarchy = Hierarchy.read(Path(snakemake.input.classes).parent)
    votes = read_parquet(snakemake.input.votes, ALL_COLUMNS)
    method = snakemake.params.config["method"]
    write_parquet(consensus(votes, hierarchy, method), snakemake.output.consensus)
    write_json(agreement(votes, hierarchy), snakemake.output.agreement)
    classes = by_class(votes, hierarchy)
    write_table(classes, snakemake.output.by_class)
    write_table(contested(classes), snakemake.output.contested)
    write_table(by_voter(votes, hierarchy), snakemake.output.by_voter)
