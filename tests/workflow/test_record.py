"""The record of the default experiment is complete and true."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_every_raw_file_that_a_step_read_is_recorded(finished):
    """What the steps read, by Snakemake's own notes, and did not make under results/."""
    record = json.loads(finished.path("results/default/provenance.json").read_text())
    notes = finished.path(".snakemake/metadata").rglob("*")
    read = {
        name for note in notes if note.is_file() for name in json.loads(note.read_text())["input"]
    }
    raw = {name for name in read if not name.startswith("results/")}

    assert raw
    for name in raw:
        assert any(Path(known).is_relative_to(name) for known in record["inputs"]), name


def test_the_results_are_as_recorded_until_one_is_edited(finished):
    def verify():
        return subprocess.run(
            [Path(sys.executable).with_name("cil"), "verify", "results/default"],
            cwd=finished.folder,
            env=finished.environment,
            capture_output=True,
            text=True,
        )

    assert verify().returncode == 0, verify().stdout
    artifact = finished.path("results/default/labels/original.json")
    before = artifact.read_bytes()
    artifact.write_bytes(before.replace(b"tench", b"trout"))
    try:
        done = verify()
        assert done.returncode == 1
        assert done.stdout.startswith("results/default/labels/original.json: changed")
    finally:
        artifact.write_bytes(before)
