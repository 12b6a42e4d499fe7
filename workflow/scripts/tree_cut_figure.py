"""Show what the cut into 100 to 900 labels makes of the reference label set."""

import shutil

from cil.files import atomic_path, read_json
from cil.logs import configure_logging
from cil.report.figures.tree_cut import draw_tree_cut
from cil.report.lists import tree_cut_table
from cil.report.scores import read_numbers, votes_are_simulated
from cil.report.style import save

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    sizes, made, config = snakemake.input.sizes, snakemake.output, snakemake.params.config
    with atomic_path(made.table) as temporary:
        shutil.copyfile(sizes, temporary)
    rows, name = read_numbers(sizes), config["reference"]
    tree_cut_table(rows, name).write(html=made.page)
    labels = len(set(read_json(snakemake.input.reference).values()))
    save(draw_tree_cut(rows, name, labels, votes_are_simulated(rows)), made.pdf, made.png)
