"""Write the data card of a label set, and its class map for timm."""

from cil.files import atomic_path, read_json, write_text
from cil.logs import configure_logging
from cil.report.label_card import class_map, label_card
from cil.report.scores import read_csv

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    given, config = snakemake.input, snakemake.params.config
    label_of = read_json(given.json)
    simulated = config["labelset"]["strategy"] == "survey" and not config["votes"]
    card = label_card(
        snakemake.wildcards.labelset,
        config["labelset"],
        label_of,
        read_csv(given.agreement),
        read_csv(given.audit),
        simulated,
    )
    with atomic_path(snakemake.output.class_map) as temporary:
        temporary.write_bytes(class_map(label_of))
    write_text(card, snakemake.output.card)
