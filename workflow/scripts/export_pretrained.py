"""Hand on a pretrained network that answers in the reference label set."""

from pathlib import Path

from cil.classifier.classifier import Classifier
from cil.classifier.collapse import collapse, from_library
from cil.files import write_text
from cil.labels.asked import labels_in
from cil.logs import configure_logging
from cil.report.hub import model_metadata, with_metadata
from cil.report.pretrained_card import pretrained_card

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    config = snakemake.params.config
    target = Path(snakemake.output.classifier)
    measured = collapse(
        from_library(config["pretrained"], "pretrained"),
        labels_in(Path(snakemake.input.labels)),
        target,
        labelset=config["labelset"],
        pictures=Path(config["pictures"]) if config["pictures"] else None,
    )
    card = pretrained_card(Classifier(target), measured, target.stat().st_size)
    licence = "apache-2.0" if config["pretrained"].startswith("package/") else "other"
    write_text(with_metadata(card, **model_metadata(False, licence)), snakemake.output.card)
