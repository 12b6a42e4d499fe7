"""What evaluation says of an experiment, ready for tables and figures."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cil.errors import UserError
from cil.files import read_json
from cil.report.table import Interval, Measure

RESAMPLES = 10_000


@dataclass(frozen=True)
class Run:
    """A training: its label set, the run that it is finetuned from, its epochs."""

    name: str
    labels: str
    finetune: str | None
    epochs: int


@dataclass(frozen=True)
class Scores:
    """The rows of evaluation/metrics.csv, with numbers as numbers."""

    rows: tuple[Mapping[str, Any], ...]

    @classmethod
    def read(cls, path: str | Path) -> "Scores":
        """Read metrics.csv; UserError if it is not the file that it should be."""
        numbers = ("top1", "top5", "ece", "severity")
        try:
            rows = [
                {**row, **{name: float(row[name] or "nan") for name in numbers}}
                for row in read_csv(path)
            ]
        except (KeyError, ValueError) as error:
            raise UserError(f"{path}: not the scores of runs ({error!r}); make it anew") from None
        return cls(tuple(rows))

    def select(self, **wanted: str) -> list[Mapping[str, Any]]:
        """The rows whose columns have the values `wanted`: one per seed."""
        return [row for row in self.rows if all(row[key] == value for key, value in wanted.items())]

    def simulated(self, **wanted: str) -> bool:
        """Whether simulated votes stand behind a label set of the rows that `select` gives."""
        return votes_are_simulated(self.select(**wanted))

    def measure(self, what: str, scale: float = 1, **wanted: str) -> Measure | None:
        """Mean and deviation of the column `what` over seeds; None if there are no rows."""
        return Measure.of([row[what] for row in self.select(**wanted)], scale)


def votes_are_simulated(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a row of a table of label sets, or of scores on them, says so."""
    return any(row["simulated_votes"] == "True" for row in rows)


def read_csv(path: str | Path, delimiter: str = ",") -> list[dict[str, str]]:
    """The rows of a CSV file as texts by column."""
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file, delimiter=delimiter))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}; make it anew") from None


def read_numbers(path: str | Path) -> list[dict[str, str | int | float]]:
    """The rows of a CSV file by column, with numbers as numbers."""
    return [{key: _number(text) for key, text in row.items()} for row in read_csv(path)]


def _number(text: str) -> str | int | float:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


class Correctness:
    """Whether each run's answer to each picture is right, from evaluation/correct.npz."""

    def __init__(self, path: str | Path) -> None:
        with np.load(path) as arrays:
            self._arrays = {tuple(name.split("/")): arrays[name] for name in arrays.files}

    def share(self, run: str, labels: str, method: str) -> np.ndarray | None:
        """For each picture the share of seeds whose answer is right; None if there is none."""
        arrays = [
            array
            for (a_run, _, a_labels, a_method), array in self._arrays.items()
            if (a_run, a_labels, a_method) == (run, labels, method)
        ]
        return np.mean(arrays, axis=0) if arrays else None


def paired_bootstrap(ours: np.ndarray, theirs: np.ndarray, seed: int = 0) -> Interval:
    """The difference in accuracy in percentage points, with its 95% interval over pictures.

    Pictures are drawn anew, each with both answers, RESAMPLES times. Drawing pictures is drawing
    their differences, of which there are few kinds: so kinds are drawn, which is the same.

    Args:
        ours, theirs: the share of right answers to each picture, float (pictures,).
    """
    kinds, counts = np.unique(np.round(ours - theirs, 9), return_counts=True)
    total = counts.sum()
    drawn = np.random.default_rng(seed).multinomial(total, counts / total, RESAMPLES)
    differences = 100 * drawn @ kinds / total
    low, high = np.quantile(differences, (0.025, 0.975))
    return Interval(float(100 * (ours - theirs).mean()), float(low), float(high))


@dataclass(frozen=True)
class DataSet:
    """What the pictures are."""

    description: str
    synthetic: bool
    resolution: int
    train: int
    val: int

    @classmethod
    def read(cls, path: str | Path) -> "DataSet":
        """From the image store's meta.json."""
        meta = read_json(path)
        return cls(
            description=meta["description"],
            synthetic=bool(meta["synthetic"]),
            resolution=meta["resolution"],
            train=meta["pictures"]["train"],
            val=meta["pictures"]["val"],
        )

    def sentence(self) -> str:
        """A sentence for captions."""
        pictures = f"{self.train:,} training and {self.val:,} validation pictures"
        size = f"{self.resolution}×{self.resolution} pixels"
        return f"Data set: {self.description} ({pictures} of {size})."

    def note(self, simulated: bool) -> str:
        """For a figure's footnote; `simulated`: the votes behind its label set are."""
        pictures = "synthetic pictures" if self.synthetic else self.description
        return f"{pictures}; simulated votes" if simulated else pictures


def guessing(
    labels: Mapping[str, str], classes: Sequence[str], pictures: np.ndarray, top: int
) -> tuple[float, float]:
    """The accuracy (top `top`) of guessing labels at random, and of always the largest labels.

    Args:
        labels: the label of each class.
        classes: wnids by class index; pictures: the class index of every picture.
    """
    names = {name: number for number, name in enumerate(dict.fromkeys(labels.values()))}
    numbers = np.array([names[labels[wnid]] for wnid in classes])[pictures]
    shares = np.sort(np.bincount(numbers, minlength=len(names)))[::-1] / len(pictures)
    return min(1.0, top / len(names)), float(shares[:top].sum())
