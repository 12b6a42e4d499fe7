"""Write the card of the exported classifier."""

from pathlib import Path

from markdown_it import MarkdownIt

from cil.files import read_json, write_text
from cil.logs import configure_logging
from cil.report.hub import model_metadata, with_metadata
from cil.report.model_card import model_card
from cil.report.scores import DataSet, Scores, read_csv
from cil.report.table import html_page

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    given = snakemake.input
    card = model_card(
        snakemake.params.config,
        labels=read_json(given.labels),
        training=read_json(given.training),
        parity=read_json(given.parity),
        scores=Scores.read(given.metrics),
        per_label=read_csv(given.per_label),
        data=DataSet.read(given.meta),
        size=Path(given.classifier).stat().st_size,
    )
    synthetic = DataSet.read(given.meta).synthetic
    write_text(with_metadata(card, **model_metadata(synthetic)), snakemake.output.card)
    page = MarkdownIt("commonmark").enable("table").render(card)
    write_text(html_page(page), snakemake.output.page)
