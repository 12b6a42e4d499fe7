"""Two processes that share a training learn what one learns."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest
import torch

from cil.errors import UserError
from cil.training.__main__ import main
from cil.training.checkpoint import read_tensors
from cil.training.devices.team import Team
from cil.training.interruption import RESUME
from cil.training.networks.network import build_network
from cil.training.recipe import Recipe

# Small rates: at larger ones the last bits grow to differences within an epoch.
RATES = ("learning_rate=0.005", "schedule=cosine", "warmup_epochs=2")
SETTINGS = ("width=4", "batch_size=16", "precision=fp32", "recipe=strong", *RATES)
# What tells whether slices, partners in mixup and averages are those of one process.
EVERYTHING = (*SETTINGS, "epochs=2", "mixup=0.5", "ema_epochs=0.5", "crop_padding=1")


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def arguments(store, out, processes: int, settings: tuple[str, ...]) -> list[str]:
    """A training on the command line."""
    where = ["--device", "cpu", "--threads", "1", "--processes", str(processes)]
    return [str(store), "--out", str(out), *where, "--set", *settings]


def history(folder: Path) -> list[list[float]]:
    """Learning rate, losses and accuracies of each epoch."""
    lines = (folder / "history.csv").read_text().splitlines()[1:]
    return [[float(value) for value in line.split(",")[1:6]] for line in lines]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return read_tensors(folder / "model.safetensors")[0]


def assert_alike(one: Path, two: Path) -> None:
    """Two trainings ended alike; single steps differ in the last bits."""
    torch.testing.assert_close(weights(two), weights(one), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(history(two), history(one), rtol=1e-3, atol=1e-4)


def test_two_processes_learn_what_one_learns(store, tmp_path):
    for processes in (1, 2):
        main(arguments(store, tmp_path / str(processes), processes, EVERYTHING))

    assert_alike(tmp_path / "1", tmp_path / "2")
    assert not (tmp_path / "2" / "checkpoint").exists()


def test_stopped_with_two_processes_one_goes_on(store, tmp_path, caplog):
    settings = (*SETTINGS, "epochs=6")
    spawned = multiprocessing.get_context("spawn")
    two = spawned.Process(target=main, args=(arguments(store, tmp_path / "stopped", 2, settings),))
    two.start()
    while two.is_alive() and not (tmp_path / "stopped" / "history.csv").exists():
        time.sleep(0.01)
    os.kill(two.pid, signal.SIGTERM)
    two.join(60)
    assert two.exitcode == RESUME

    with caplog.at_level("INFO"):
        main(arguments(store, tmp_path / "stopped", 1, settings))
    main(arguments(store, tmp_path / "whole", 1, settings))

    assert "going on after epoch" in caplog.text
    stopped, whole = (history(tmp_path / name) for name in ("stopped", "whole"))
    assert len(stopped) == 6
    # Differences in the last bits grow from step to step.
    assert stopped[0][1] == pytest.approx(whole[0][1], rel=1e-3)


def test_a_mistake_is_told_once(store, tmp_path):
    with pytest.raises(UserError, match="7 pictures cannot be shared equally by 2 processes"):
        main(arguments(store, tmp_path, 2, ("width=4", "batch_size=7")))


def test_batch_norms_that_cannot_see_the_whole_batch_are_refused():
    network = build_network(Recipe(network="efficientnet_lite0"), 10, 32, seed=0)
    with pytest.raises(UserError, match=r"BatchNormAct2d, cannot see the whole batch on a CPU"):
        Team(size=2).prepare(network, torch.device("cpu"))
