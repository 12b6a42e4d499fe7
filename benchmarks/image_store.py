"""Time and memory to prepare Downsampled ImageNet: batch files of the true size, of noise.

    uv run python benchmarks/image_store.py FOLDER [--npz] [--side 32]

FOLDER gets the batch files and the store, 4 GB each at 32 pixels, and loses them again.
"""

import argparse
import logging
import pickle
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from cil.images.imagenet32 import BATCHES, PICTURES, DownsampledImageNet
from cil.images.store import write_store
from cil.logs import configure_logging

ORDER = [f"n{number:08d}" for number in range(1, 1001)]


def write_batches(folder: Path, side: int, npz: bool) -> None:
    """All eleven files, with as many pictures as the official ones have."""
    chance = np.random.default_rng(0)
    for split, names in BATCHES.items():
        for number, name in enumerate(names):
            count = len(range(number, PICTURES[split], len(names)))
            data = chance.integers(0, 256, (count, 3 * side * side), dtype=np.uint8)
            content = {"data": data, "labels": [1 + i % 1000 for i in range(count)]}
            if npz:
                np.savez(folder / f"{name}.npz", **content)
            else:
                with (folder / name).open("wb") as file:
                    pickle.dump(content, file, protocol=3)


def most_memory() -> float:
    """The most memory that this process has held so far, in MiB.

    Not `getrusage`, which counts what the parent process held when it started this one.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def prepare(raw: Path, store: Path, side: int) -> None:
    """Prepare the store and log what it took."""
    before = most_memory()
    start = time.perf_counter()
    batches = DownsampledImageNet(raw, ORDER, side)
    batches.unofficial_files()
    write_store(store, batches.splits(ORDER), ORDER, side, {"source": str(raw)})
    seconds = time.perf_counter() - start
    logging.info(
        "%d pictures to train with in %.1f s; peak memory %.0f MiB (%.0f MiB before)",
        *(PICTURES["train"], seconds, most_memory(), before),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--side", type=int, default=32)
    parser.add_argument("--npz", action="store_true")
    parser.add_argument("--prepare-only", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    configure_logging()
    raw, store = arguments.folder / "raw", arguments.folder / "store"
    if arguments.prepare_only:
        prepare(raw, store, arguments.side)
    else:
        raw.mkdir(parents=True)
        write_batches(raw, arguments.side, arguments.npz)
        # In a process of its own, whose memory is not that of the generator.
        subprocess.run([sys.executable, *sys.argv, "--prepare-only"], check=True)
        shutil.rmtree(raw)
        shutil.rmtree(store)
