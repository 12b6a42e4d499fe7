"""The paper's tables, and the baselines that it lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cil.report import paper
from cil.report.scores import Correctness, DataSet, Run, Scores, guessing, paired_bootstrap
from cil.report.table import Column, Interval, Measure, Table, Value

TOP1 = Column("top1_percent", "Top-1 (%)", "high")
TOP5 = Column("top5_percent", "Top-5 (%)", "high")
SIMULATED = Column("simulated_votes")
PAPER = (
    Column("paper_top1_percent", "Paper: top-1 (%)"),
    Column("paper_top5_percent", "Paper: top-5 (%)"),
)


@dataclass(frozen=True)
class Experiment:
    """All that tables are made from.

    label_sizes: the number of labels by label set; the rest as in cil.report.scores.
    """

    reference: str
    runs: Mapping[str, Run]
    seeds: int
    scores: Scores
    correct: Correctness
    data: DataSet
    label_sizes: Mapping[str, int]
    source: Run | None  # the run on original labels, the ground of all baselines

    def caption(self, rows: Sequence[Mapping[str, Value]], *sentences: str) -> str:
        """What a reader must know of every table, and of one with these rows."""
        seeds = f"Mean ± standard deviation over {self.seeds} seeds."
        if self.seeds == 1:
            seeds = "One seed, so no deviation."
        said = [*sentences, seeds, self.data.sentence()]
        if named := sorted({str(row["labels"]) for row in rows if row[SIMULATED.key]}):
            said.append(f"The votes behind {', '.join(named)} are simulated.")
        return " ".join(said)

    def accuracy(self, run: str, labels: str, method: str) -> dict[str, Value]:
        """Top-1 and top-5 in percent."""
        where: dict[str, Any] = {"run": run, "labels": labels, "method": method}
        return {
            "top1_percent": self.scores.measure("top1", 100, **where),
            "top5_percent": self.scores.measure("top5", 100, **where),
        }

    def simulated(self, labels: str) -> dict[str, Value]:
        """Whether simulated votes stand behind a label set, for the CSV file."""
        return {SIMULATED.key: self.scores.simulated(labels=labels)}

    def difference(
        self, ours: tuple[str, str, str], theirs: tuple[str, str, str]
    ) -> Interval | None:
        """The paired bootstrap of two (run, labels, method); None if one is missing."""
        mine, other = self.correct.share(*ours), self.correct.share(*theirs)
        if ours == theirs or mine is None or other is None:
            return None
        return paired_bootstrap(mine, other)


def table1(experiment: Experiment) -> Table:
    """Training from scratch on each label set."""
    rows = []
    for run in experiment.runs.values():
        if run.finetune is None:
            rows.append(
                {
                    "run": run.name,
                    "labels": run.labels,
                    "n_labels": experiment.label_sizes[run.labels],
                    **experiment.accuracy(run.name, run.labels, "direct"),
                    **_reported(experiment, run),
                    **experiment.simulated(run.labels),
                }
            )
    columns = [
        Column("run", "Run"),
        Column("labels", "Label set"),
        Column("n_labels", "Labels"),
        TOP1,
        TOP5,
        *PAPER,
        SIMULATED,
    ]
    caption = experiment.caption(
        rows,
        "Table 1. Accuracy of networks trained from scratch on each label set, on validation "
        "pictures, each in its own labels: fewer labels are easier to tell apart (see baselines).",
        f"The paper's figures are for {paper.DATA_SET}, and no target here.",
    )
    return Table(columns, rows, caption, "table1")


def table2(experiment: Experiment) -> Table:
    """The reference label set: from scratch or finetuned, and for how many epochs."""
    runs = [run for run in experiment.runs.values() if run.labels == experiment.reference]
    scratch = next((run for run in runs if run.finetune is None), None)
    rows = [
        {
            "run": run.name,
            "labels": run.labels,
            "finetuned": run.finetune or "no",
            "epochs": run.epochs,
            **experiment.accuracy(run.name, run.labels, "direct"),
            "difference": _versus(experiment, run, scratch),
            **_reported(experiment, run),
            **experiment.simulated(run.labels),
        }
        for run in runs
    ]
    columns = [
        Column("run", "Run"),
        Column("finetuned", "Finetuned from"),
        Column("epochs", "Epochs"),
        TOP1,
        TOP5,
        Column("difference", "Δ top-1 to from scratch [95%]"),
        *PAPER,
        SIMULATED,
    ]
    caption = experiment.caption(
        rows,
        f"Table 2. Networks for the label set {experiment.reference}: trained from scratch, or "
        "finetuned from the network of original labels with a new last layer.",
        "Δ is the difference in percentage points with its 95% interval by a paired bootstrap "
        "over validation pictures: one that contains 0 may be noise.",
        f"The paper's figures are for {paper.DATA_SET}, and no target here.",
    )
    return Table(columns, rows, caption, "table2")


def _versus(experiment: Experiment, run: Run, other: Run | None) -> Interval | None:
    if other is None:
        return None
    return experiment.difference(
        (run.name, run.labels, "direct"), (other.name, other.labels, "direct")
    )


def _reported(experiment: Experiment, run: Run) -> dict[str, Value]:
    source = experiment.source
    original = source is not None and run.labels == source.labels
    reported = paper.ACCURACY.get((original, run.finetune is not None), paper.Reported())
    if not original and run.labels != experiment.reference:
        reported = paper.Reported()
    return {"paper_top1_percent": reported.top1, "paper_top5_percent": reported.top5}


def baselines(
    experiment: Experiment,
    controls: Sequence[str],
    labelsets: Mapping[str, Mapping[str, str]],
    classes: Sequence[str],
    pictures: np.ndarray,
) -> Table:
    """What a label set must be compared with before a gain is believed.

    Args:
        controls: random label sets of the same group sizes as the reference.
        labelsets: {wnid: label} of the reference and the controls.
        classes: wnids by class index; pictures: class index of every validation picture.
    """
    reference, source = experiment.reference, experiment.source
    rows: list[dict[str, Value]] = []
    for top, name in enumerate(("a label at random", "the largest label")):
        top1, top5 = (guessing(labelsets[reference], classes, pictures, k)[top] for k in (1, 5))
        rows.append(
            {
                "answer": f"chance: {name}",
                "labels": reference,
                "top1_percent": Measure(100 * top1),
                "top5_percent": Measure(100 * top5),
                **experiment.simulated(reference),
            }
        )
    base = None
    if source is not None:
        ways = {"argmax": "best class", "sum": "summed"}
        base = (source.name, reference, "sum")
        for labels in [*controls, reference]:
            control = "" if labels == reference else ", random groups"
            for method, way in ways.items():
                where = (source.name, labels, method)
                rows.append(_scored(experiment, f"{source.name}, {way}{control}", where, base))
    for run in experiment.runs.values():
        if run.labels == reference:
            how = f"from {run.finetune}" if run.finetune else "from scratch"
            where = (run.name, reference, "direct")
            rows.append(_scored(experiment, f"{run.name}, {how}", where, base))
    columns = [
        Column("answer", "Answer"),
        Column("labels", "Label set"),
        TOP1,
        TOP5,
        Column("ece_percent", "ECE (%)", "low"),
        Column("severity", "Severity", "low", 2),
        Column("difference", "Δ top-1 to summed [95%]"),
        SIMULATED,
    ]
    caption = experiment.caption(
        rows,
        f"What the paper lacks: the label set {reference} "
        f"({experiment.label_sizes[reference]} labels) answered without training for it, by chance "
        "and by the network of original labels (its best class, or its probabilities summed). "
        "Random groups: a control, classes dealt at random to groups of the same sizes.",
        "ECE: expected calibration error over 15 bins. Severity: mean height of the lowest common "
        "ancestor of wrong answers and truth. Δ: difference in percentage points to summed "
        "probabilities, with its 95% interval by a paired bootstrap over pictures.",
    )
    aside = frozenset(n for n, row in enumerate(rows) if row["labels"] != reference)
    return Table(columns, rows, caption, "baselines", aside)


def _scored(
    experiment: Experiment,
    answer: str,
    where: tuple[str, str, str],
    base: tuple[str, str, str] | None,
) -> dict[str, Value]:
    run, labels, method = where
    wanted: dict[str, Any] = {"run": run, "labels": labels, "method": method}
    return {
        "answer": answer,
        "labels": labels,
        **experiment.accuracy(*where),
        "ece_percent": experiment.scores.measure("ece", 100, **wanted),
        "severity": experiment.scores.measure("severity", **wanted),
        "difference": experiment.difference(where, base) if base and labels == base[1] else None,
        **experiment.simulated(labels),
    }
