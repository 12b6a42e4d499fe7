"""List the classes of the experiment."""

from cil.files import write_text
from cil.images.class_list import class_list
from cil.logs import configure_logging

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    wnids = class_list(**snakemake.params.config, wordnet=snakemake.input.wordnet)
    write_text("".join(f"{wnid}\n" for wnid in wnids), snakemake.output.wnids)
