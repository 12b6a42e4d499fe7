"""Broken inputs given to the pipeline: one message, where to read on, and a rerun that goes on."""

import os
import pickle
import re

import numpy as np
import pytest
from raw import tiny_members, write_batches, write_zip

pytestmark = pytest.mark.slow


def images_of(broken, kind, path):
    """Have Snakemake make the image store of other pictures: exit status and what it said."""
    dataset = f"{{kind: {kind}, path: {path}, classes: '', resolution: 8}}"
    return broken.run("--config", "experiment=other", f"dataset={dataset}", "--until", "images")


def explained(said: str, broken) -> str:
    """The one failure that a run ends in: its message. Its log must be there and say it, too."""
    assert "Traceback" not in said, said
    ((step, message, log),) = re.findall(r"^Failed: (.*?): (.*)\n  log: (\S+)$", said, re.M)
    assert message in broken.project.path(log).read_text(encoding="utf-8"), step
    return message


def test_a_broken_zip_is_explained_and_with_a_whole_one_the_run_goes_on(broken, tmp_path):
    path = tmp_path / "tiny.zip"
    whole = write_zip(path, tiny_members()).read_bytes()
    outside = write_zip(tmp_path / "outside.zip", tiny_members() | {"../escaped": b"!"})
    broken_files = {
        "cut": (whole[: len(whole) // 2], "not a whole zip file"),
        "web page": (b"<!DOCTYPE html><html>Sign in first</html>", "not a whole zip file"),
        "outside": (outside.read_bytes(), "../escaped"),
    }
    for content, words in broken_files.values():
        path.write_bytes(content)
        status, said = images_of(broken, "tiny-imagenet", path)

        assert status != 0
        message = explained(said, broken)
        assert str(path) in message and words in message
        assert not list(broken.project.path("results/other").rglob("*.np[yz]"))
    assert not list(tmp_path.rglob("escaped"))

    path.write_bytes(whole)
    status, said = images_of(broken, "tiny-imagenet", path)

    assert status == 0, said[-4000:]
    assert len(np.load(broken.project.path("results/other/images/train.npy"))) == 9


class Shell:
    """What a pickle must not be able to do."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def test_a_batch_that_calls_the_shell_is_explained_and_nothing_of_it_runs(
    broken, published, tmp_path
):
    folder = write_batches(tmp_path / "batches")
    shell = pickle.dumps({"data": Shell(f"touch {tmp_path}/ran"), "labels": [1]})
    (folder / "train_data_batch_3").write_bytes(shell)

    status, said = images_of(broken, "imagenet32", folder)

    assert status != 0
    message = explained(said, broken)
    assert "train_data_batch_3" in message and "system" in message
    assert not (tmp_path / "ran").exists()


def test_an_artifact_edited_by_hand_is_explained_and_made_anew_once_deleted(broken):
    table = broken.results / "survey/consensus.parquet"
    table.write_bytes(table.read_bytes()[:-100])

    status, said = broken.run()

    assert status != 0
    assert "consensus.parquet: not a readable Parquet file" in said
    assert "Traceback" not in said

    table.unlink()
    status, said = broken.run()

    assert status == 0, said[-4000:]
    assert broken.faults() == []
