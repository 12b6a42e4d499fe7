"""Gather the votes in force, or simulate them."""

from pathlib import Path

from cil.files import read_parquet, write_parquet
from cil.hierarchy import Hierarchy
from cil.logs import configure_logging
from cil.votes.simulate import simulate_votes
from cil.votes.table import read_votes

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    hierarchy = Hierarchy.read(Path(snakemake.input.classes).parent)
    inputs = dict(snakemake.input.items())
    if "files" in inputs:
        votes = read_votes(inputs["files"], hierarchy)
    else:
        counts = read_parquet(inputs["counts"], ("name", "count"))
        panel = dict(snakemake.params.config)
        seed = panel.pop("seed")
        votes = simulate_votes(hierarchy, counts.set_index("name")["count"], panel, seed)
    write_parquet(votes, snakemake.output.votes)
