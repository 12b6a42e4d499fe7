"""Draw the counts around cat and dog."""

from pathlib import Path

from cil.hierarchy import Hierarchy
from cil.logs import configure_logging
from cil.report.figures.search_counts import draw_search_counts
from cil.report.style import save
from cil.search.familiarity import read_familiarity

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    figure = draw_search_counts(
        Hierarchy.read(Path(snakemake.input.synsets).parent),
        read_familiarity(snakemake.input.familiarity),
        **snakemake.params.config,
    )
    save(figure, snakemake.output.pdf, snakemake.output.png)
