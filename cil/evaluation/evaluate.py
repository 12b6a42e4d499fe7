"""Every run in every label set that its own can be mapped onto: the tables of evaluation/."""

import itertools
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from cil.errors import UserError
from cil.evaluation.answers import Answers, answer, forgiven, refines
from cil.evaluation.severity import mean_severity, severities
from cil.files import atomic_path, write_csv
from cil.hierarchy import Hierarchy
from cil.labels.labelset import LabelSet

logger = logging.getLogger(__name__)

METRICS = (
    *("run", "seed", "labels", "method", "top1", "top5", "ece", "severity", "images"),
    "simulated_votes",
)
PER_LABEL = (
    *("run", "seed", "label", "images", "top1", "top5", "most_confused_with"),
    *("label_index", "label_wnid", "simulated_votes"),
)
PER_CLASS = (
    *("run", "seed", "index", "wnid", "name", "label", "images", "top1", "top5"),
    *("most_confused_with", "simulated_votes"),
)
FORGIVEN = ("run", "seed", "labels", "errors", "forgiven", "share", "simulated_votes")


@dataclass(frozen=True)
class Task:
    """A label set with the true label of every picture in it."""

    name: str
    labelset: LabelSet
    hierarchy: Hierarchy
    classes: np.ndarray

    @cached_property
    def truth(self) -> np.ndarray:
        """The true label of each picture."""
        return self.labelset.label_index[self.classes]

    @property
    def votes(self) -> dict[str, bool]:
        """The column that says whether the votes behind the label set are simulated."""
        return {"simulated_votes": self.labelset.simulated_votes}

    @cached_property
    def met(self) -> np.ndarray:
        """How far up each class and each label meet."""
        return severities(self.hierarchy, self.labelset)

    def metrics(self, answers: Answers) -> dict[str, Any]:
        """The scores of `answers`, by the columns of metrics.csv."""
        return {
            "labels": self.name,
            "top1": answers.top1,
            "top5": answers.top5,
            "ece": answers.ece,
            "severity": mean_severity(self.met, self.classes, answers.predicted, answers.correct),
            "images": len(self.classes),
            **self.votes,
        }


class Evaluation:
    """Collects the scores of models, run by run, and writes them."""

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        self.tasks = tasks
        self.metrics: list[dict[str, Any]] = []
        self.per_label: list[dict[str, Any]] = []
        self.per_class: list[dict[str, Any]] = []
        self.forgiven: list[dict[str, Any]] = []
        self.correct: dict[str, np.ndarray] = {}

    def add(self, run: str, seed: int, labels: str, logits: np.ndarray) -> None:
        """Score one model, whose own label set is `labels`, in all label sets.

        Raises UserError if `logits` are not (pictures, labels of the set).
        """
        who = {"run": run, "seed": seed}
        own = self.tasks[labels]
        if logits.ndim != 2 or logits.shape[1] != len(own.labelset):
            raise UserError(
                f"logits of run {run}, seed {seed}: found shape {logits.shape}; expected a row for "
                f"each picture and a column for each of the {len(own.labelset)} labels of "
                f"{labels}; train the run on this label set"
            )
        direct = answer(logits, own.truth)
        self._note(who, "direct", own, direct)
        self.per_label += [who | row | own.votes for row in _per_label(own, direct)]
        self.per_class += [who | row | own.votes for row in _per_class(own, direct)]
        for task in self.tasks.values():
            mapping = refines(own.labelset.label_index, task.labelset.label_index)
            if task is own or mapping is None:
                continue
            for method in ("sum", "argmax"):
                answers = answer(logits, task.truth, mapping, method)
                self._note(who, method, task, answers)
            errors = int((~direct.correct).sum())
            share = forgiven(direct.correct, answers.correct)
            self.forgiven.append(
                who
                | {
                    "labels": task.name,
                    "errors": errors,
                    "forgiven": int((answers.correct & ~direct.correct).sum()),
                    "share": share,
                    **task.votes,
                }
            )

    def _note(self, who: dict[str, Any], method: str, task: Task, answers: Answers) -> None:
        row = who | {"method": method} | task.metrics(answers)
        self.metrics.append(row)
        self.correct["/".join(map(str, (*who.values(), task.name, method)))] = answers.correct
        logger.info(
            "%s, seed %s, in %s (%s): top-1 %.2f%%",
            *who.values(),
            task.name,
            method,
            100 * row["top1"],
        )

    def write(self, folder: str | Path) -> None:
        """Write metrics, per_label, per_class, forgiven (.csv) and correct.npz to `folder`.

        correct.npz has, by "run/seed/labels/method", whether each picture's answer is right.
        """
        folder = Path(folder)
        for name, columns in (
            ("metrics", METRICS),
            ("per_label", PER_LABEL),
            ("per_class", PER_CLASS),
            ("forgiven", FORGIVEN),
        ):
            rows = sorted(getattr(self, name), key=lambda row: [row[c] for c in columns[:4]])
            write_csv(rows, folder / f"{name}.csv", columns)
        with atomic_path(folder / "correct.npz") as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **self.correct)  # type: ignore[arg-type]


def open_tasks(
    hierarchy: Hierarchy, labelsets: Mapping[str, str | Path], classes: np.ndarray
) -> dict[str, Task]:
    """The label sets of the Parquet files `labelsets`, for pictures of `classes`."""
    return {
        name: Task(name, LabelSet.read(path, hierarchy), hierarchy, classes)
        for name, path in labelsets.items()
    }


def read_logits(path: str | Path) -> np.ndarray:
    """The logits of a model, memory-mapped; UserError if they cannot be read."""
    try:
        return np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path}: no readable logits ({error}); train the run anew") from None


def _per_label(task: Task, answers: Answers) -> Iterator[dict[str, Any]]:
    names = task.labelset.names
    scores = _by_group(task.truth, answers, len(names))
    for number, (label, score) in enumerate(zip(task.labelset.labels, scores, strict=True)):
        score["most_confused_with"] = _name(names, score["most_confused_with"])
        yield {
            "label": names[number],
            "label_index": number,
            "label_wnid": label.wnid or "",
            **score,
        }


def _per_class(task: Task, answers: Answers) -> Iterator[dict[str, Any]]:
    labelset, names = task.labelset, task.labelset.names
    scores = _by_group(task.classes, answers, len(labelset.classes))
    for index, (wnid, score) in enumerate(zip(labelset.classes, scores, strict=True)):
        score["most_confused_with"] = _name(names, score["most_confused_with"])
        yield {
            "index": index,
            "wnid": wnid,
            "name": task.hierarchy.name(wnid),
            "label": names[labelset.label_index[index]],
            **score,
        }


def _name(names: tuple[str, ...], number: int | None) -> str:
    return "" if number is None else names[number]


def _by_group(groups: np.ndarray, answers: Answers, count: int) -> Iterator[dict[str, Any]]:
    """For each group of pictures: how many, top-1, top-5 and the commonest wrong answer."""
    order = np.argsort(groups, kind="stable")
    ends = np.searchsorted(groups[order], np.arange(count + 1))
    for start, end in itertools.pairwise(ends):
        rows = order[start:end]
        wrong = answers.predicted[rows][~answers.correct[rows]]
        yield {
            "images": len(rows),
            "top1": float(answers.correct[rows].mean()) if len(rows) else "",
            "top5": float((answers.rank[rows] < 5).mean()) if len(rows) else "",
            "most_confused_with": int(np.bincount(wrong).argmax()) if len(wrong) else None,
        }
