"""Fetch Tiny ImageNet's official zip."""

from cil.images.tiny_imagenet import ARCHIVE
from cil.logs import configure_logging
from cil.sources.fetch import fetch, mirror_folder

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    mirror = mirror_folder(snakemake.config["sources"]["mirror"])
    fetch(ARCHIVE, snakemake.output.archive, mirror)
