"""What holds on a GPU alone: exact, resumable, no waiting, and what a graph must not change."""

import signal

import numpy as np
import pytest
import torch

from cil.errors import UserError
from cil.training.data import Split
from cil.training.devices.machine import Machine
from cil.training.devices.replay import Replayed
from cil.training.interruption import Interrupted
from cil.training.loop import Trainer
from cil.training.recipe import Recipe

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")

EXACT = {"deterministic": True, "epochs": 3, "crop_padding": 1}


@pytest.fixture(autouse=True)
def indeterminate():
    """Leave determinism off for the other tests."""
    yield
    torch.use_deterministic_algorithms(False)


def gpu(**settings) -> Machine:
    return Machine(device="cuda", **settings)


def model(trainer: Trainer) -> bytes:
    """Train to the end; the model's file."""
    trainer.run()
    return trainer.artifacts.model.read_bytes()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"precision": "fp32"},
        {"mixup": 0.2, "ema_epochs": 0.5},
        {"schedule": "one-cycle", "warmup_epochs": 1, "decay_norm_and_bias": False},
    ],
    ids=str,
)
def test_a_graph_changes_no_bit(trainer, settings):
    graph = trainer("graph", gpu(), **EXACT | settings)
    single = trainer("single", gpu(graph=False), **EXACT | settings)

    assert model(graph) == model(single)
    assert isinstance(graph.step._take, Replayed)
    assert not isinstance(single.step._take, Replayed)


def test_a_graph_follows_a_frozen_body(trainer, tmp_path):
    trainer("parent").run()
    settings = EXACT | {"parent": tmp_path / "parent" / "model.safetensors"}
    settings |= {"freeze_epochs": 1, "head_learning_rate": 0.05}

    assert model(trainer("graph", gpu(), **settings)) == model(
        trainer("single", gpu(graph=False), **settings)
    )


def test_a_graph_follows_progressive_resizing(trainer, train, val):
    large = tuple(Split(s.images.repeat(2, 1).repeat(2, 2), s.classes) for s in (train, val))
    settings = EXACT | {"splits": large, "start_resolution": 8}

    assert model(trainer("graph", gpu(), **settings)) == model(
        trainer("single", gpu(graph=False), **settings)
    )


def test_an_interrupted_training_ends_with_the_same_bits(trainer):
    whole = model(trainer("whole", gpu(), **EXACT))

    for epoch, step in ((0, 0), (0, 4), (1, 1), (2, 5)):
        stopped = trainer("stopped", gpu(), **EXACT)
        steps = stopped._steps

        def until(number, first, steps=steps, last=(epoch, step)):
            for done, loss in steps(number, first):
                if (number, done) == last:
                    signal.raise_signal(signal.SIGTERM)
                yield done, loss

        stopped._steps = until
        with pytest.raises(Interrupted):
            stopped.run()

    assert model(trainer("stopped", gpu(), **EXACT)) == whole


def test_pictures_in_host_memory_give_the_same_bits(trainer):
    there = trainer("device", gpu(place="device"), **EXACT)
    here = trainer("host", gpu(place="memory-map"), **EXACT)

    assert here.feeder.resident is None
    assert model(there) == model(here)


def test_no_step_waits_for_the_device(trainer):
    training = trainer(machine=gpu(), epochs=2, ema_epochs=0.5)
    list(training._steps(0, 0))  # compiles, captures
    steps = training._steps(1, 0)
    next(steps)  # sends the plan of the epoch
    torch.cuda.set_sync_debug_mode("error")
    try:
        rest = list(steps)
    finally:
        torch.cuda.set_sync_debug_mode("default")

    assert len(rest) == training.steps - 1


def test_a_compiled_step_learns_what_a_plain_one_does(trainer):
    compiled = trainer("compiled", gpu(), epochs=10, learning_rate=0.03).run()
    plain = trainer("plain", gpu(compile="off"), epochs=10, learning_rate=0.03).run()

    assert compiled["top1"] > 0.5
    assert plain["top1"] > 0.5


def test_out_of_memory_says_what_fits(labelling, tmp_path):
    large = Split(np.zeros((128, 64, 64, 3), np.uint8), np.arange(128) % 6)
    recipe = Recipe(epochs=1, batch_size=128)
    machine = gpu(compile="off")
    training = Trainer(recipe, large, large, labelling, tmp_path, machine=machine)
    torch.cuda.empty_cache()
    allowed = torch.cuda.memory_reserved() + 2**30  # a step of 128 takes 2 GB and more
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(allowed / total)
    try:
        with pytest.raises(UserError, match=r"memory with batch_size 128; .*batch_size: \d+ fits"):
            training.run()
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


def test_a_network_that_looks_at_its_values_is_refused(trainer):
    training = trainer(machine=gpu(compile="off"))

    def look(module, inputs, output):
        assert output.sum().item() < 1e9

    training.network.fc.register_forward_hook(look)

    with pytest.raises(UserError, match=r"training\.graph: false"):
        training.run()
