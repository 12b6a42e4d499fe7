"""Study by simulation how many voters a stable consensus needs."""

from pathlib import Path

from cil.files import read_parquet
from cil.hierarchy import Hierarchy
from cil.logs import configure_logging
from cil.report.lists import voters_table
from cil.report.style import save
from cil.report.voters import draw_voters
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
    write_table(study, snakemake.output.table)
    voters_table(study.to_dict("records")).write(html=snakemake.output.page)
    save(draw_voters(study), snakemake.output.pdf, snakemake.output.png)
