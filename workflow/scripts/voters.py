"""Show how many voters a stable consensus needs."""

import shutil

from cil.files import atomic_path
from cil.logs import configure_logging
from cil.report.figures.voters import draw_voters
from cil.report.lists import voters_table
from cil.report.scores import read_numbers
from cil.report.style import save

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    study, made = snakemake.input.study, snakemake.output
    with atomic_path(made.table) as temporary:
        shutil.copyfile(study, temporary)
    rows = read_numbers(study)
    voters_table(rows).write(html=made.page)
    save(draw_voters(rows), made.pdf, made.png)
