"""A training that is stopped at any moment ends with the same bits as one that is not."""

import dataclasses
import json
import multiprocessing
import os
import pickle
import random
import signal
import time
from multiprocessing.process import BaseProcess as Process
from pathlib import Path

import numpy as np
import pytest

from cil.errors import UserError
from cil.images.store import ImageStore, in_chunks, write_store
from cil.training.__main__ import main
from cil.training.checkpoint import Progress
from cil.training.data import Split, fingerprint
from cil.training.interruption import RESUME, Interrupted
from cil.training.loop import Trainer

# Processes of their own that need not import torch each time.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["cil.training.__main__"])


def arguments(store, out, *more: str) -> list[str]:
    """The command line of a training of seconds."""
    return [
        *(str(store), "--out", str(out), "--threads", "1", "--device", "cpu", *more),
        *("--set", "width=4", "batch_size=8", "epochs=12", "ema_epochs=1", "crop_padding=1"),
    ]


def start(store, out, *more: str) -> Process:
    """A training in a process of its own."""
    process = PROCESSES.Process(target=main, args=(arguments(store, out, *more),))
    process.start()
    return process


def finish(store, out) -> bytes:
    """Train to the end; the model."""
    process = start(store, out)
    process.join(120)
    assert process.exitcode == 0
    return (out / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def uninterrupted(store, tmp_path_factory) -> bytes:
    """The model of a training that nothing disturbed."""
    return finish(store, tmp_path_factory.mktemp("whole"))


def test_sigkill_at_random_moments(store, tmp_path, uninterrupted):
    chance = random.Random(0)
    for kill in range(4):
        # Another number of loader threads each time: it must not matter.
        process = start(store, tmp_path, "--loader-threads", str(1 + kill))
        before = checkpoint_times(tmp_path)
        while process.is_alive() and not checkpoint_times(tmp_path) - before:
            time.sleep(0.002)
        time.sleep(0.2 * chance.random())
        assert process.is_alive(), "it ended before it was killed"
        process.kill()
        process.join()

    assert finish(store, tmp_path) == uninterrupted


def checkpoint_times(folder: Path) -> set[int]:
    """When each checkpoint was written."""
    return {path.stat().st_mtime_ns for path in folder.glob("checkpoint/[!.]*.safetensors")}


def under_way(store, out, *more: str) -> Process:
    """A training that has got somewhere."""
    process = start(store, out, *more)
    while process.is_alive() and not checkpoint_times(out):
        time.sleep(0.002)
    return process


def test_a_training_that_is_under_way_is_waited_for_and_not_done_twice(
    store, tmp_path, uninterrupted, caplog
):
    orphan = under_way(store, tmp_path)
    with caplog.at_level("INFO"):
        main(arguments(store, tmp_path))

    orphan.join(120)
    assert orphan.exitcode == 0
    assert f"process {orphan.pid} on" in caplog.text
    assert "epoch" not in caplog.text
    assert (tmp_path / "model.safetensors").read_bytes() == uninterrupted


def test_a_killed_training_that_is_waited_for_is_gone_on_with(
    store, tmp_path, uninterrupted, caplog, monkeypatch
):
    orphan = under_way(store, tmp_path)
    monkeypatch.setattr("cil.locks.logger.warning", lambda *_: orphan.kill())
    with caplog.at_level("INFO"):
        main(arguments(store, tmp_path))

    assert orphan.exitcode == -signal.SIGKILL
    assert "going on after epoch" in caplog.text
    assert (tmp_path / "model.safetensors").read_bytes() == uninterrupted


def outputs(folder: Path) -> dict[str, bytes]:
    """What a training leaves for others."""
    return {path.name: path.read_bytes() for path in folder.glob("[!.]*") if path.is_file()}


def test_a_finished_training_takes_over_its_own_model(store, tmp_path, uninterrupted, caplog):
    main(arguments(store, tmp_path))
    made = outputs(tmp_path)
    for path in (tmp_path / name for name in made):
        path.unlink()  # as Snakemake does before it runs a step again
    with caplog.at_level("INFO"):
        caplog.clear()
        main(arguments(store, tmp_path))

    assert "this very training is done already" in caplog.text and "epoch" not in caplog.text
    assert outputs(tmp_path) == made
    assert made["model.safetensors"] == uninterrupted


@pytest.mark.parametrize("change", ["another training", "a damaged file", "an unfinished one"])
def test_nothing_else_is_taken_over(store, tmp_path, uninterrupted, change):
    main(arguments(store, tmp_path, *["--seed", "1"] * (change == "another training")))
    match change:
        case "a damaged file":
            (tmp_path / "model.safetensors").unlink()
            (tmp_path / ".finished" / "model.safetensors").write_bytes(b"damaged")
        case "an unfinished one":
            (tmp_path / ".finished" / "record.json").unlink()

    assert finish(store, tmp_path) == uninterrupted
    kept = outputs(tmp_path / ".finished")
    assert outputs(tmp_path) == {name: kept[name] for name in kept if name != "record.json"}


def test_another_training_in_the_same_folder_is_waited_for_and_replaced(
    store, tmp_path, uninterrupted
):
    other = under_way(store, tmp_path, "--seed", "1")
    assert finish(store, tmp_path) == uninterrupted
    assert not other.is_alive()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_signals_stop_at_the_next_step_and_say_resume_me(store, tmp_path, uninterrupted, number):
    process = start(store, tmp_path)
    while process.is_alive() and not (tmp_path / "history.csv").exists():
        time.sleep(0.002)
    os.kill(process.pid, number)
    process.join(60)

    assert process.exitcode == RESUME == 75
    assert finish(store, tmp_path) == uninterrupted


@pytest.mark.parametrize("step", [0, 2, 5])
def test_a_signal_in_the_middle_of_an_epoch(trainer, tmp_path, monkeypatch, step):
    trainer("whole", ema_epochs=1.0, mixup=0.2).run()
    steps = Trainer._steps

    def signalled(self, epoch, first):
        for number, loss in steps(self, epoch, first):
            if (epoch, number) == (1, step):
                os.kill(os.getpid(), signal.SIGTERM)
            yield number, loss

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_steps", signalled)
        with pytest.raises(Interrupted) as stopped:
            trainer("stopped", ema_epochs=1.0, mixup=0.2).run()
    assert stopped.value.code == 75
    trainer("stopped", ema_epochs=1.0, mixup=0.2).run()

    whole, resumed = (tmp_path / name for name in ("whole", "stopped"))
    assert (whole / "model.safetensors").read_bytes() == (
        resumed / "model.safetensors"
    ).read_bytes()
    assert results_of(whole) == results_of(resumed)


def results_of(folder) -> list[list[str]]:
    """The history without its times."""
    lines = (folder / "history.csv").read_text().splitlines()
    return [line.split(",")[:6] for line in lines]


def stop_after_one_epoch(trainer, monkeypatch) -> None:
    """Leave a checkpoint behind."""
    epoch = Trainer._epoch

    def stopping(self, progress, interruption):
        epoch(self, progress, interruption)
        raise Interrupted("SIGTERM")

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_epoch", stopping)
        with pytest.raises(Interrupted):
            trainer().run()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"learning_rate": 0.05}, "recipe.learning_rate was 0.1, is 0.05"),
        ({"width": 8}, "recipe.width was 4, is 8"),
        ({"network": "resnet34"}, "recipe.network was resnet18, is resnet34"),
        ({"seed": 3}, "seed was 0, is 3"),
    ],
    ids=str,
)
def test_a_changed_recipe_never_picks_up_another_checkpoint(
    trainer, tmp_path, monkeypatch, caplog, change, named
):
    stop_after_one_epoch(trainer, monkeypatch)
    trainer(**change).run()
    trainer("clean", **change).run()

    assert named in caplog.text
    changed, clean = (tmp_path / name / "model.safetensors" for name in ("model", "clean"))
    assert changed.read_bytes() == clean.read_bytes()


def test_a_checkpoint_of_other_labels_is_named_and_goes_when_the_training_is_done(
    trainer, labelling, tmp_path, monkeypatch, caplog
):
    stop_after_one_epoch(trainer, monkeypatch)
    (path,) = (tmp_path / "model" / "checkpoint").glob("*.safetensors")
    merged = np.array([0, 0, 1, 2, 3, 4])
    trainer(labelling=dataclasses.replace(labelling, labels=merged, names=tuple("abcde"))).run()

    assert f"{path} belongs to another training (labels.count was 6, is 5; " in caplog.text
    assert "it is deleted when this one is done" in caplog.text
    assert not path.parent.exists()


@pytest.fixture
def written(tmp_path):
    """Write an image store of many pictures, as Split; with or without checksums."""

    def write(images: np.ndarray, name: str, checksums: bool = True) -> Split:
        classes = np.zeros(len(images), np.int64)
        splits = {split: in_chunks(images, classes) for split in ("train", "val")}
        write_store(tmp_path / name, splits, ["n00000000"], 2, {"source": "test"})
        if not checksums:
            meta = json.loads((tmp_path / name / "meta.json").read_text())
            del meta["sha256"]
            (tmp_path / name / "meta.json").write_text(json.dumps(meta))
        return Split.pair(ImageStore.open(tmp_path / name))[0]

    return write


@pytest.mark.parametrize("changed", [0, 5, 4999])
def test_a_single_other_picture_makes_it_another_training(written, changed):
    images = np.zeros((5000, 2, 2, 3), np.uint8)
    before = fingerprint(written(images, "before"))
    assert before == fingerprint(written(images, "again"))
    images[changed] = 1

    assert before != fingerprint(written(images, "after"))


def test_a_store_without_checksums_is_known_by_a_sample_of_its_pictures(written):
    images = np.zeros((5000, 2, 2, 3), np.uint8)
    before = fingerprint(written(images, "before", checksums=False))
    images[5] = 1
    assert before == fingerprint(written(images, "after", checksums=False))
    images[0] = 1
    assert before != fingerprint(written(images, "after", checksums=False))


def test_a_network_without_answers_is_no_result_and_leaves_the_last_good_checkpoint(
    trainer, tmp_path
):
    """The loss of each step is taken before the step; the last one is seen by evaluation alone."""
    training = trainer(batch_size=100, epochs=3, learning_rate=100.0, phases=1)
    with pytest.raises(UserError, match="the validation loss is nan after epoch 2; the last good"):
        training.run()

    assert training.checkpoints.load(training.network, training.optimiser, None).epoch == 1
    assert not training.artifacts.metrics.exists()


def one_byte_changed(content: bytes, where: int) -> bytes:
    return content[:where] + bytes([content[where] ^ 0x41]) + content[where + 1 :]


class Shell:
    """Unpickled, it would call the shell."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def test_a_damaged_checkpoint_is_named_and_the_training_begins_anew(
    trainer, tmp_path, monkeypatch, caplog
):
    stop_after_one_epoch(trainer, monkeypatch)
    (path,) = (tmp_path / "model" / "checkpoint").glob("*.safetensors")
    whole = path.read_bytes()
    harmed = [whole[: len(whole) * tenth // 10] for tenth in range(10)]
    harmed += [b"<!DOCTYPE html>", pickle.dumps(Shell(f"touch {tmp_path}/ran"))]
    harmed += [one_byte_changed(whole, len(whole) * part // 40) for part in range(40)]
    fresh = trainer()
    for content in harmed:
        path.write_bytes(content)
        assert fresh.checkpoints.load(fresh.network, fresh.optimiser, None) == Progress()
        assert f"{path}: no readable model" in caplog.text
        caplog.clear()
    assert not (tmp_path / "ran").exists()

    trainer().run()
    trainer("clean").run()

    models = [tmp_path / name / "model.safetensors" for name in ("model", "clean")]
    assert models[0].read_bytes() == models[1].read_bytes()


def test_a_checkpoint_under_the_name_of_another_is_not_gone_on_with(
    trainer, tmp_path, monkeypatch, caplog
):
    stop_after_one_epoch(trainer, monkeypatch)
    (path,) = (tmp_path / "model" / "checkpoint").glob("*.safetensors")
    wider = trainer(width=8)
    path.rename(wider.checkpoints.path)

    wider.run()

    assert "recipe.width was 4, is 8; the training begins anew" in caplog.text
