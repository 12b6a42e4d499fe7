"""A small data set that a small network can learn in a second."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from cil.images.store import in_chunks, write_store
from cil.training.data import Labelling, Split
from cil.training.devices.machine import Machine
from cil.training.interruption import Interrupted
from cil.training.loop import Trainer
from cil.training.recipe import Recipe

CLASSES, SIDE = 6, 8
SMALL = {"network": "resnet18", "width": 4, "batch_size": 16, "epochs": 2}


def pictures(count: int, seed: int) -> Split:
    """Noisy pictures of one colour per class."""
    chance = np.random.default_rng(seed)
    colours = np.random.default_rng(0).integers(40, 215, (CLASSES, 1, 1, 3))
    classes = chance.permutation(np.arange(count) % CLASSES)
    noise = chance.normal(0, 40, (count, SIDE, SIDE, 3))
    return Split(np.clip(colours[classes] + noise, 0, 255).astype(np.uint8), classes)


@pytest.fixture(scope="session")
def train() -> Split:
    return pictures(100, seed=1)


@pytest.fixture(scope="session")
def val() -> Split:
    return pictures(30, seed=2)


@pytest.fixture
def labelling() -> Labelling:
    """Every class its own label."""
    wnids = tuple(f"n0000000{number}" for number in range(CLASSES))
    return Labelling(np.arange(CLASSES), tuple("abcdef"), wnids)


@pytest.fixture(scope="session")
def store(train, val, tmp_path_factory) -> Path:
    """The same pictures as an image store on disk."""
    folder = tmp_path_factory.mktemp("images")
    splits = {name: in_chunks(s.images, s.classes) for name, s in (("train", train), ("val", val))}
    wnids = [f"n0000000{number}" for number in range(CLASSES)]
    write_store(folder, splits, wnids, SIDE, {"kind": "test", "source": "test"})
    return folder


@pytest.fixture
def trainer(train, val, labelling, tmp_path):
    """Make a Trainer of the small data set; other keywords are recipe keys."""

    def make(
        folder: str = "model",
        machine: Machine | None = None,
        labelling: Labelling = labelling,
        parent: Path | None = None,
        seed: int = 0,
        splits: tuple[Split, Split] = (train, val),
        **settings,
    ) -> Trainer:
        recipe = Recipe.from_config(SMALL | settings, finetune=parent is not None)
        machine = machine or Machine(device="cpu", threads=1)
        place = tmp_path / folder
        return Trainer(recipe, *splits, labelling, place, seed=seed, parent=parent, machine=machine)

    return make


@pytest.fixture(autouse=True)
def settings_of_torch():
    """Leave torch's settings as they were for the other tests."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
    torch.set_flush_denormal(False)


@pytest.fixture
def stop_after():
    """Let a training be told to stop, as by a signal, in its step number `steps`."""

    def stop(training: Trainer, steps: int) -> None:
        taken = 0

        def count(network: torch.nn.Module, _: tuple[torch.Tensor]) -> None:
            nonlocal taken
            taken += network.training
            if taken == steps and network.training:
                os.kill(os.getpid(), signal.SIGTERM)

        training.network.register_forward_pre_hook(count)
        with pytest.raises(Interrupted):
            training.run()

    return stop
