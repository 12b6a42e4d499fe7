"""Write the data card of each label set, and its class map for timm."""

from cil.files import atomic_path, read_json, write_text
from cil.labels.make import STRATEGIES
from cil.logs import configure_logging
from cil.report.hub import label_set_metadata, with_metadata
from cil.report.label_card import class_map, label_card
from cil.report.scores import read_csv, votes_are_simulated

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    given, made, config = snakemake.input, snakemake.output, snakemake.params.config
    agreement, audit = read_csv(given.agreement), read_csv(given.audit)
    simulated = {row["labelset"] for row in read_csv(given.summary) if votes_are_simulated([row])}
    files = zip(given.labelsets, made.cards, made.class_maps, strict=True)
    for (name, about), (labels, card, packed) in zip(
        config["labelsets"].items(), files, strict=True
    ):
        label_of = read_json(labels)
        with atomic_path(packed) as temporary:
            temporary.write_bytes(class_map(label_of))
        how = STRATEGIES[about["strategy"]].card
        text = label_card(name, how, about, label_of, agreement, audit, simulated)
        about_it = label_set_metadata(name, len(set(label_of.values())))
        write_text(with_metadata(text, **about_it), card)
