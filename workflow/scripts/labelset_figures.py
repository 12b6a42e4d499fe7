"""Draw the depths below dog and the map of the reference label set."""

from pathlib import Path

from cil.hierarchy import Hierarchy
from cil.labels.labelset import LabelSet
from cil.logs import configure_logging
from cil.report.figures.depths import draw_depths
from cil.report.figures.labelset_map import draw_labelset_map
from cil.report.style import save

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    out = snakemake.output
    hierarchy = Hierarchy.read(Path(snakemake.input.synsets).parent)
    save(draw_depths(hierarchy), out.depths_pdf, out.depths_png)
    reference = LabelSet.read(snakemake.input.reference, hierarchy)
    save(draw_labelset_map(reference), out.map_pdf, out.map_png)
