"""Out of memory: one message that says what fits."""

import multiprocessing
import re
import resource
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from cil.errors import UserError
from cil.training import memory
from cil.training.data import Labelling, Split
from cil.training.loop import Trainer
from cil.training.machine import Machine
from cil.training.recipe import Recipe


def train_with_little_memory(folder: Path, batch: int, more: int, said) -> None:
    """Train with `more` bytes than there are before the first step; send the message."""
    split = Split(np.zeros((batch, 8, 8, 3), np.uint8), np.arange(batch) % 6)
    trainer = Trainer(
        Recipe(epochs=1, batch_size=batch, precision="fp32", width=32),
        *(split, split),
        Labelling(np.arange(6), tuple("abcdef")),
        folder,
        machine=Machine(device="cpu", threads=1, loader_threads=1),
    )
    limit = 1024 * status("VmSize") + more
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    try:
        trainer.run()
    except UserError as error:
        said.put(str(error))
    else:
        said.put("it fitted")


def status(key: str) -> int:
    """A figure of this process, in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key))


def say(folder: Path, batch: int, more: int) -> str:
    """What such a training in a process of its own says."""
    spawned = multiprocessing.get_context("spawn")
    said = spawned.Queue()
    arguments = (folder, batch, more, said)
    process = spawned.Process(target=train_with_little_memory, args=arguments)
    process.start()
    process.join(120)
    return said.get(timeout=1)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_batch_that_is_said_to_fit_fits(tmp_path):
    message = say(tmp_path, 2048, 400 * 2**20)

    assert message.startswith("training: out of memory with batch_size 2048; ")
    fits = int(re.search(r"training\.batch_size: (\d+) fits", message)[1])
    assert 32 <= fits < 2048
    assert say(tmp_path, fits, 400 * 2**20) == "it fitted"


def test_other_errors_are_no_lack_of_memory():
    assert memory.ran_out(torch.OutOfMemoryError("CUDA out of memory"))
    assert memory.ran_out(MemoryError())
    assert not memory.ran_out(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


def test_where_nothing_fits_and_where_several_train():
    def never(pictures: int) -> None:
        raise MemoryError

    assert "not even one picture fits" in memory.advice(never, 64, 1)
    assert "try training.batch_size: 32" in memory.advice(never, 64, 2)
