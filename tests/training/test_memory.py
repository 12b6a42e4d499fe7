"""Out of memory: one message that says what fits."""

import numpy as np
import pytest
import torch

from cil.errors import UserError
from cil.training import memory
from cil.training.data import Labelling, Split
from cil.training.loop import Trainer
from cil.training.machine import Machine
from cil.training.objective import batch_loss
from cil.training.recipe import Recipe


def test_the_largest_half_that_fits_is_named(tmp_path, monkeypatch):
    def cramped(network, recipe, batch, side):
        """The loss on a machine whose memory takes 100 pictures, and no more."""
        if len(batch.pictures) > 100:
            torch.empty(2**50)  # torch's own refusal
        return batch_loss(network, recipe, batch, side)

    monkeypatch.setattr("cil.training.step.batch_loss", cramped)
    split = Split(np.zeros((512, 8, 8, 3), np.uint8), np.arange(512) % 6)
    training = Trainer(
        Recipe(epochs=1, batch_size=512, precision="fp32", width=4),
        *(split, split),
        Labelling(np.arange(6), tuple("abcdef")),
        tmp_path,
        machine=Machine(device="cpu", threads=1, loader_threads=1),
    )

    with pytest.raises(UserError, match=r"memory with batch_size 512; .*batch_size: 64 fits"):
        training.run()


def test_other_errors_are_no_lack_of_memory():
    assert memory.ran_out(torch.OutOfMemoryError("CUDA out of memory"))
    assert memory.ran_out(MemoryError())
    assert not memory.ran_out(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


def test_where_nothing_fits_and_where_several_train():
    def never(pictures: int) -> None:
        raise MemoryError

    assert "not even two pictures fit" in memory.advice(never, 64, 1)
    assert "try training.batch_size: 32" in memory.advice(never, 64, 2)
