"""The memory that training on pictures of Downsampled ImageNet's number and size takes.

    uv run python benchmarks/memory.py [--steps 40] [--width 8]

The store (1,281,167 pictures of 32×32, 3.9 GB) is a sparse file in a temporary folder: zeros,
read through the memory map as real pictures are. Run it in a control group to see that it
also works where the page cache has no room for the store.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from cil.training.data import Labelling, Split
from cil.training.devices.machine import Machine
from cil.training.loop import Trainer
from cil.training.recipe import Recipe

IMAGENET = 1_281_167


def main() -> None:
    """Train some steps, and write what memory they took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--width", type=int, default=8)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        images = np.lib.format.open_memmap(
            Path(place) / "train.npy", "w+", np.uint8, (IMAGENET, 32, 32, 3)
        )
        train = Split(images, np.arange(IMAGENET) % 1000)
        val = Split(images[:1000], train.classes[:1000])
        labelling = Labelling(np.arange(1000), tuple(map(str, range(1000))))
        recipe = Recipe.from_config({"recipe": "strong", "width": arguments.width})
        machine = Machine(device="cpu", place="memory-map")
        trainer = Trainer(recipe, train, val, labelling, place, machine=machine)
        began = time.perf_counter()
        for step, _ in trainer._steps(0, 0):
            if step + 1 == arguments.steps:
                break
        rate = arguments.steps * trainer.batch / (time.perf_counter() - began)
        sys.stdout.write(
            f"{arguments.steps} steps of {trainer.batch} out of {images.nbytes / 1e9:.1f} GB, "
            f"{rate:.0f} pictures/s: {status('RssAnon'):.2f} GB of its own, "
            f"{status('VmHWM'):.2f} GB resident at most with mapped files\n"
        )


def status(key: str) -> float:
    """A figure of this process in GB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024e-9 * next(int(line.split()[1]) for line in lines if line.startswith(key))


if __name__ == "__main__":
    main()
