"""Prepare the image store."""

from pathlib import Path

from cil.images.prepare import prepare_images
from cil.logs import configure_logging

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    prepare_images(
        Path(snakemake.output.meta).parent,
        snakemake.params.config,
        classes=snakemake.input.classes,
        files=dict(snakemake.input.items()),
        threads=snakemake.threads,
    )
