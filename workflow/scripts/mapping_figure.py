"""Draw the largest groups of the reference label set with pictures of their classes."""

from pathlib import Path

from cil.hierarchy import Hierarchy
from cil.images.store import ImageStore
from cil.labels.labelset import LabelSet
from cil.logs import configure_logging
from cil.report.figures.mapping import draw_mapping
from cil.report.scores import DataSet
from cil.report.style import save

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    hierarchy = Hierarchy.read(Path(snakemake.input.synsets).parent)
    reference = LabelSet.read(snakemake.input.reference, hierarchy)
    store = ImageStore.open(Path(snakemake.input.meta).parent)
    note = DataSet.read(snakemake.input.meta).note(reference.simulated_votes)
    save(draw_mapping(reference, store, note), snakemake.output.pdf, snakemake.output.png)
