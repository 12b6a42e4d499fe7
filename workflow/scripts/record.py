"""Show what the results were made with, as a page."""

from cil.files import read_json, write_text
from cil.logs import configure_logging
from cil.report.record import record_page

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    page = record_page(read_json(snakemake.input.record), snakemake.params.config)
    write_text(page, snakemake.output.page)
