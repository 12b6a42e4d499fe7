"""An experiment's artifacts, opened for tables and figures."""

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from cil.files import read_json
from cil.report.scores import Correctness, DataSet, Run, Scores, read_csv
from cil.report.tables import Experiment


def histories_by_run(
    config: Mapping[str, Any], histories: Sequence[str | Path]
) -> dict[str, list[str | Path]]:
    """The histories of each run's seeds; `histories` has them run by run, seed by seed."""
    paths = iter(histories)
    return {run: list(islice(paths, config["seeds"])) for run in config["runs"]}


def open_experiment(
    config: Mapping[str, Any],
    labelsets: Mapping[str, Mapping[str, str]],
    histories: Sequence[str | Path],
    metrics: str | Path,
    correct: str | Path,
    meta: str | Path,
) -> Experiment:
    """Read what tables are made from.

    Args:
        config: reference, source, seeds, and runs: {name: {"labels", "finetune"}}.
        labelsets: {wnid: label} by label set.
        histories: history.csv of each run and seed, in the order of `config`.
    """
    by_run = histories_by_run(config, histories)
    runs = {
        name: Run(name, run["labels"], run["finetune"], len(read_csv(by_run[name][0])))
        for name, run in sorted(config["runs"].items(), key=lambda item: bool(item[1]["finetune"]))
    }
    return Experiment(
        reference=config["reference"],
        runs=runs,
        source=runs.get(config["source"]),
        seeds=config["seeds"],
        scores=Scores.read(metrics),
        correct=Correctness(correct),
        data=DataSet.read(meta),
        label_sizes={name: len(set(labels.values())) for name, labels in labelsets.items()},
    )


def read_labelsets(
    names: Sequence[str], paths: Sequence[str | Path]
) -> dict[str, Mapping[str, str]]:
    """{wnid: label} by label set."""
    return {name: read_json(path) for name, path in zip(names, paths, strict=True)}
