"""Write the paper's tables, and the baselines that it lacks."""

import numpy as np

from cil.files import read_json
from cil.logs import configure_logging
from cil.report.experiment import open_experiment, read_labelsets
from cil.report.tables import baselines, table1, table2

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    config, given, made = snakemake.params.config, snakemake.input, snakemake.output
    labelsets = read_labelsets(config["labelsets"], given.labelsets)
    experiment = open_experiment(
        config, labelsets, given.histories, given.metrics, given.correct, given.meta
    )
    tables = {
        "table1": table1(experiment),
        "table2": table2(experiment),
        "baselines": baselines(
            experiment,
            config["controls"],
            labelsets,
            read_json(given.meta)["classes"],
            np.load(given.val_classes),
        ),
    }
    for name, table in tables.items():
        table.write(**{kind: made[f"{name}_{kind}"] for kind in ("csv", "md", "tex", "html")})
