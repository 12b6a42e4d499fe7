"""Show the classes on which the voters split."""

from cil.files import read_frame_csv
from cil.logs import configure_logging
from cil.report.lists import contested_table

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    rows = read_frame_csv(snakemake.input.contested, ("wnid", "name", "votes")).to_dict("records")
    contested_table(rows).write(html=snakemake.output.page)
