"""Export one trained network as a classifier to take away."""

from cil.classifier.export import export_run
from cil.logs import configure_logging

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    given, made = snakemake.input, snakemake.output
    export_run(
        given.model,
        given.labels,
        given.val,
        given.meta,
        about=dict(snakemake.params.config),
        classifier=made.classifier,
        labels_json=made.labels,
        parity=made.parity,
    )
