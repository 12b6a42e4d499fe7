"""Write down where the results come from, with the checksum of every file."""

from pathlib import Path

from cil.images.prepare import used_parts, wnids_of
from cil.logs import configure_logging
from cil.record.provenance import write_provenance

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    config, results = snakemake.params.config, Path(snakemake.output.record).parent
    classes = wnids_of(results / "hierarchy/classes.parquet")
    write_provenance(
        results,
        config,
        snakemake.input.sources,
        code=Path(snakemake.scriptdir).parent.parent,
        parts={config["dataset"]["path"]: used_parts(config["dataset"], classes)},
    )
