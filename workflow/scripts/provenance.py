"""Write down where the results come from, with the checksum of every file."""

from pathlib import Path

from cil.logs import configure_logging
from cil.provenance import write_provenance

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    write_provenance(
        Path(snakemake.output.record).parent,
        snakemake.params.config,
        snakemake.input.sources,
        root=Path.cwd(),
    )
