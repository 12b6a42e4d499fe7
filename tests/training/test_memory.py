"""Out of memory: one message that says what fits."""

import multiprocessing
import resource
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from cil.errors import UserError
from cil.training.__main__ import main
from cil.training.data import Labelling, Split
from cil.training.devices import memory
from cil.training.devices.machine import Machine
from cil.training.loop import Trainer
from cil.training.objective import batch_loss
from cil.training.recipe import Recipe

# Processes of their own that need not import torch each time.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["cil.training.__main__"])


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


def test_an_evaluation_that_does_not_fit_takes_fewer_pictures_at_a_time(trainer, tmp_path):
    def cramped(network: torch.nn.Module, inputs: tuple[torch.Tensor]) -> None:
        """A machine whose memory takes 9 pictures, beside those that a step learns from."""
        if len(inputs[0]) > 9 and not network.training:
            torch.empty(2**50)

    roomy, training = trainer("roomy", epochs=1), trainer("cramped", epochs=1)
    training.network.register_forward_pre_hook(cramped)

    assert training.run()["top1"] == roomy.run()["top1"]
    models = [tmp_path / name / "model.safetensors" for name in ("roomy", "cramped")]
    assert models[0].read_bytes() == models[1].read_bytes()
    logits = [np.load(model.with_name("logits.npy")) for model in models]
    np.testing.assert_allclose(*logits, rtol=0.05, atol=0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_network_that_does_not_fit(store, tmp_path):
    """In a process that may take little more memory than it has."""
    receive, send = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=train_wide, args=(store, tmp_path, send))
    process.start()

    assert receive.poll(60)
    assert "out of memory before the first step: choose a smaller network" in receive.recv()
    process.join()


def train_wide(store, out, said) -> None:
    """Send the refusal of a network of gigabytes."""
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + 2**27, now + 2**27))
    try:
        main([str(store), "--out", str(out), "--device", "cpu", "--set", "width=1024"])
    except UserError as refusal:
        said.send(str(refusal))


def test_other_errors_are_no_lack_of_memory():
    assert memory.ran_out(torch.OutOfMemoryError("CUDA out of memory"))
    assert memory.ran_out(MemoryError())
    assert not memory.ran_out(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


def test_where_nothing_fits_and_where_several_train():
    def never(pictures: int) -> None:
        raise MemoryError

    assert "not even two pictures fit" in memory.advice(never, 64, 1)
    assert "try training.batch_size: 32" in memory.advice(never, 64, 2)
