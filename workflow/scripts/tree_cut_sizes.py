"""Cut the hierarchy into 100 to 900 labels."""

from pathlib import Path

from cil.files import write_frame_csv
from cil.hierarchy import Hierarchy
from cil.labels.automatic import tree_cut_sizes
from cil.labels.labelset import LabelSet
from cil.labels.naming import read_naming
from cil.logs import configure_logging
from cil.report.figures.tree_cut import draw_tree_cut
from cil.report.lists import tree_cut_table
from cil.report.style import save

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    hierarchy = Hierarchy.read(Path(snakemake.input.synsets).parent)
    reference = LabelSet.read(snakemake.input.reference, hierarchy)
    table = tree_cut_sizes(hierarchy, read_naming(snakemake.input.naming), reference)
    config = snakemake.params.config
    name = config["reference"]
    write_frame_csv(table, snakemake.output.table)
    tree_cut_table(table.to_dict("records"), name).write(html=snakemake.output.page)
    figure = draw_tree_cut(table, name, len(reference), config["simulated"])
    save(figure, snakemake.output.pdf, snakemake.output.png)
