"""What each ingredient of a recipe does, alone: the tables behind `training.recipe: strong`.

    python -m benchmarks.ablation scratch IMAGES
    python -m benchmarks.ablation finetuning IMAGES --labels labels.json

IMAGES is an image store. Every variant is trained with every seed, --workers at a time with one
thread each. Finished trainings are kept in --out, so that the command can be stopped and
called again.
"""

import argparse
import csv
import json
import multiprocessing
import statistics
import sys
import time
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cil.evaluation.answers import answer, refines
from cil.files import write_json
from cil.images.store import ImageStore
from cil.training.data import Labelling, Split
from cil.training.devices.machine import Machine
from cil.training.loop import Trainer
from cil.training.recipe import PRESETS, Recipe

STRONG = PRESETS["strong"] | {"crop_padding": 2}  # at half the side, half the padding
COSINE = STRONG | {"schedule": "cosine", "warmup_epochs": 1.0}
SCRATCH = {
    "paper": {},
    "+ cosine, warm-up": {"schedule": "cosine", "warmup_epochs": 1.0},
    "+ one-cycle": {"schedule": "one-cycle", "warmup_epochs": 3.0},
    "+ random crop": {"crop_padding": 2},
    "+ weight decay 5e-4": {"weight_decay": 5e-4},
    "+ no decay of norm, bias": {"decay_norm_and_bias": False},
    "+ Nesterov": {"nesterov": True},
    "+ label smoothing 0.1": {"label_smoothing": 0.1},
    "+ averaged weights": {"ema_epochs": 1.0},
    "strong": STRONG,
    "strong, no label smoothing": STRONG | {"label_smoothing": 0.0},
    "+ batch 512, rate 0.2": {"batch_size": 512, "learning_rate": 0.2},
    "+ mixup 0.2": {"mixup": 0.2},
    "+ progressive resizing": {"start_resolution": 8},
    "strong, cosine": COSINE,
    "strong, cosine, mixup 0.2": COSINE | {"mixup": 0.2},
    "strong, cosine, no label smoothing": COSINE | {"label_smoothing": 0.0},
}
FINETUNING = {
    "paper": {},
    "head merged": {"init": "merged"},
    "head merged, rate 0.02": {"init": "merged", "learning_rate": 0.02},
    "head merged, rate 0.02, cosine": {
        "init": "merged",
        "learning_rate": 0.02,
        "schedule": "cosine",
    },
    "body frozen for 1 epoch": {"freeze_epochs": 1},
    "head merged, body frozen for 1 epoch": {"init": "merged", "freeze_epochs": 1},
    "rate 0.02, head's own 0.1": {"learning_rate": 0.02, "head_learning_rate": 0.1},
}


class Job(NamedTuple):
    """One training of the comparison."""

    folder: Path
    images: str
    labels: str | None
    recipe: dict[str, Any]
    seed: int
    parent: Path | None = None

    @property
    def done(self) -> bool:
        """Whether it was trained before."""
        return (self.folder / "metrics.json").exists()


def train(job: Job) -> Job:
    """Train one variant with one seed, unless it is done."""
    if not job.done:
        store = ImageStore.open(job.images)
        Trainer(
            Recipe.from_config(job.recipe, finetune=job.parent is not None),
            *Split.pair(store),
            _labelling(job.labels, store),
            job.folder,
            seed=job.seed,
            machine=Machine(threads=1, loader_threads=1),
            parent=job.parent,
        ).run()
    return job


def main() -> None:
    """Train what is missing within the time given, and write the table of what is there."""
    arguments = _arguments()
    jobs = scratch_jobs(arguments) if arguments.what == "scratch" else finetuning_jobs(arguments)
    _train_all(jobs, arguments.workers, time.monotonic() + 60 * arguments.minutes)
    table = _scratch_table if arguments.what == "scratch" else _finetuning_table
    sys.stdout.write("\n".join(table(arguments)) + "\n")


def scratch_jobs(arguments: argparse.Namespace) -> list[Job]:
    """Every ingredient alone, added to the paper's recipe, and all of `strong` together."""
    common = {"width": arguments.width, "epochs": arguments.epochs}
    jobs = []
    for seed in range(arguments.seeds):
        for name, variant in _wanted(SCRATCH, arguments).items():
            place = _place(arguments, "scratch", name, seed)
            jobs.append(Job(place, arguments.images, None, common | variant, seed))
    return jobs


def finetuning_jobs(arguments: argparse.Namespace) -> list[Job]:
    """Every way of finetuning, from parents that are trained first."""
    common = {"width": arguments.width}
    parents = [
        Job(
            _place(arguments, "scratch", "paper", seed),
            arguments.images,
            None,
            common | {"epochs": arguments.epochs},
            seed,
        )
        for seed in range(arguments.seeds)
    ]
    _train_all(parents, arguments.workers, float("inf"))
    for parent in parents:
        write_json(_sum_baseline(parent, arguments.labels), parent.folder / "sum.json")
    common["epochs"] = arguments.finetuning_epochs
    return [
        Job(
            _place(arguments, "finetuning", name, parent.seed),
            arguments.images,
            arguments.labels,
            common | variant,
            parent.seed,
            parent.folder / "model.safetensors",
        )
        for parent in parents
        for name, variant in _wanted(FINETUNING, arguments).items()
    ]


def _wanted(variants: dict[str, Any], arguments: argparse.Namespace) -> dict[str, Any]:
    """The variants asked for, or all."""
    return {name: variants[name] for name in arguments.only or variants}


def _train_all(jobs: list[Job], workers: int, until: float) -> None:
    missing = [job for job in jobs if not job.done]
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        running = set()
        while running or (missing and time.monotonic() < until):
            while missing and len(running) < workers and time.monotonic() < until:
                running.add(pool.submit(train, missing.pop(0)))
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                left = len(missing) + len(running)
                sys.stderr.write(f"{future.result().folder}; {left} to go\n")


def _labelling(labels: str | None, store: ImageStore) -> Labelling:
    if labels:
        return Labelling.read(labels, store.classes)
    return Labelling(np.arange(len(store.classes)), tuple(store.classes))


def folder_of(out: Path, what: str, name: str) -> Path:
    """Where the trainings of a variant lie, a folder per seed."""
    return out / what / name.replace(" ", "_")


def _place(arguments: argparse.Namespace, what: str, name: str, seed: int) -> Path:
    return folder_of(arguments.out, what, name) / f"seed{seed}"


def _sum_baseline(parent: Job, labels: str) -> dict[str, float]:
    """The top-1 of the parent in the merged labels, its probabilities summed."""
    store = ImageStore.open(parent.images)
    merged = _labelling(labels, store).labels
    logits = np.load(parent.folder / "logits.npy")
    mapping = refines(np.arange(len(store.classes)), merged)
    return {"top1": answer(logits, merged[store.val_classes], mapping, "sum").top1}


def _histories(arguments: argparse.Namespace, name: str) -> list[list[dict[str, float]]]:
    """The epochs of each finished training of a variant, by seed."""
    histories = []
    for seed in range(arguments.seeds):
        place = _place(arguments, arguments.what, name, seed)
        if (place / "metrics.json").exists():
            with (place / "history.csv").open(encoding="utf-8") as file:
                rows = csv.DictReader(file)
                histories.append([{key: float(row[key]) for key in row} for row in rows])
    return histories


def _mean(values: list[float]) -> str:
    deviation = statistics.stdev(values) if len(values) > 1 else float("nan")
    return f"{100 * statistics.mean(values):.1f} ± {100 * deviation:.1f}"


def _scratch_table(arguments: argparse.Namespace) -> list[str]:
    lines = ["| recipe | seeds | top-1 (%) | top-5 (%) | training loss |", "|---|--:|--:|--:|--:|"]
    for name in SCRATCH:
        last = [history[-1] for history in _histories(arguments, name)]
        if last:
            loss = statistics.mean(row["train_loss"] for row in last)
            scores = [_mean([row[key] for row in last]) for key in ("top1", "top5")]
            lines.append(f"| {name} | {len(last)} | {' | '.join(scores)} | {loss:.2f} |")
    return lines


def _finetuning_table(arguments: argparse.Namespace) -> list[str]:
    sums = [
        json.loads((_place(arguments, "scratch", "paper", seed) / "sum.json").read_text())["top1"]
        for seed in range(arguments.seeds)
    ]
    lines = [
        f"Summing the parent's probabilities, without training: top-1 {_mean(sums)} %.",
        "",
        "| finetuning | seeds | top-1 after each epoch (%) | epochs to beat the sum |",
        "|---|--:|---|---|",
    ]
    for name in FINETUNING:
        curves = [[row["top1"] for row in rows] for rows in _histories(arguments, name)]
        means = [f"{100 * statistics.mean(epoch):.1f}" for epoch in zip(*curves, strict=True)]
        needed = [
            next((str(epoch) for epoch, top1 in enumerate(curve, 1) if top1 > baseline), "never")
            for curve, baseline in zip(curves, sums, strict=False)
        ]
        lines.append(f"| {name} | {len(curves)} | {' '.join(means)} | {', '.join(needed)} |")
    return lines


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("scratch", "finetuning"))
    parser.add_argument("images", help="image store")
    parser.add_argument("--labels", help="finetuning: label file {wnid: label}")
    parser.add_argument("--only", nargs="+", metavar="VARIANT", help="of the variants these")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--finetuning-epochs", type=int, default=5)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2, help="trainings at a time")
    parser.add_argument("--minutes", type=float, default=1e9, help="start no training after")
    parser.add_argument("--out", type=Path, default=Path("results/ablation"))
    arguments = parser.parse_args()
    known = SCRATCH if arguments.what == "scratch" else FINETUNING
    if unknown := set(arguments.only or ()) - known.keys():
        parser.error(f"--only {', '.join(sorted(unknown))}: known are {', '.join(known)}")
    if arguments.what == "finetuning" and not arguments.labels:
        parser.error("finetuning needs --labels")
    return arguments


if __name__ == "__main__":
    main()
