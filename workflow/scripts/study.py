"""Study by simulation how many voters a stable consensus needs."""

from pathlib import Path

from cil.files import read_parquet
from cil.hierarchy import Hierarchy
from cil.logs import configure_logging
from cil.votes.study import Study, study_voters
from cil.votes.table import write_table

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    hierarchy = Hierarchy.read(Path(snakemake.input.classes).parent)
    counts = read_parquet(snakemake.input.counts, ("name", "count"))
    panel = dict(snakemake.params.config["simulated"])
    panel.pop("seed")
    study = study_voters(
        hierarchy,
        counts.set_index("name")["count"],
        panel,
        Study(**snakemake.params.config["study"]),
    )
    write_table(study, snakemake.output.study)
