"""Seconds from a model's stored logits to every score in a new label set.

    uv run python benchmarks/evaluation.py results/default [--labels cil]

The hierarchy and the label sets are those of a finished experiment; the logits, 50,000 pictures
by 1,000 classes, are generated. Each score is timed alone: top-1, top-5, calibration error and
severity for each way to answer; then all at once, by label and by class, with the tables on disk.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cil.evaluation.answers import answer, refines
from cil.evaluation.evaluate import Evaluation, open_tasks, read_logits
from cil.hierarchy import Hierarchy

PICTURES, CLASSES = 50_000, 1000


def main() -> None:
    """Measure, and write the table to standard output."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="a finished experiment")
    parser.add_argument("--labels", default="cil", help="the label set that is new")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    chance = np.random.default_rng(0)
    classes = chance.integers(0, CLASSES, PICTURES)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "logits.npy"
        made = chance.standard_normal((PICTURES, CLASSES), np.float32)
        made[np.arange(PICTURES), classes] += 2  # right as often as a trained network
        np.save(path, made)
        logits = read_logits(path)
        hierarchy = Hierarchy.read(arguments.results / "hierarchy")
        names = {"original", arguments.labels}
        paths = {name: arguments.results / f"labels/{name}.parquet" for name in names}

        def new_set(method: str) -> None:
            tasks = open_tasks(hierarchy, paths, classes)
            task, own = tasks[arguments.labels], tasks["original"]
            mapping = refines(own.labelset.label_index, task.labelset.label_index)
            task.metrics(answer(logits, task.truth, mapping, method))

        def everything() -> None:
            evaluation = Evaluation(open_tasks(hierarchy, paths, classes))
            evaluation.add("run", 0, "original", logits)
            evaluation.write(place)

        sys.stdout.write("| what | seconds | CPU seconds |\n|---|--:|--:|\n")
        for name, work in {
            f"{arguments.labels}, summed": lambda: new_set("sum"),
            f"{arguments.labels}, best class": lambda: new_set("argmax"),
            "both, and the model's own labels, by label and class": everything,
        }.items():
            wall, cpu = median_seconds(work, arguments.repeats)
            sys.stdout.write(f"| {name} | {wall:.2f} | {cpu:.2f} |\n")


def median_seconds(work: Callable[[], None], repeats: int) -> tuple[float, float]:
    """The medians of `repeats` timings by the clock and by the processor, after a first one."""
    wall, cpu = [], []
    for _ in range(repeats + 1):
        start, start_cpu = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    return statistics.median(wall[1:]), statistics.median(cpu[1:])


if __name__ == "__main__":
    main()
