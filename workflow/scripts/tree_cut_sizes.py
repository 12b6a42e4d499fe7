"""Cut the hierarchy into 100 to 900 labels."""

from pathlib import Path

from cil.files import write_frame_csv
from cil.hierarchy import Hierarchy
from cil.labels.automatic import tree_cut_sizes
from cil.labels.labelset import LabelSet
from cil.labels.naming import read_naming
from cil.logs import configure_logging

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    hierarchy = Hierarchy.read(Path(snakemake.input.synsets).parent)
    reference = LabelSet.read(snakemake.input.reference, hierarchy)
    table = tree_cut_sizes(hierarchy, read_naming(snakemake.input.naming), reference)
    write_frame_csv(table, snakemake.output.sizes)
