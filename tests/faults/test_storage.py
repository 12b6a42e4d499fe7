"""A full disk, a disk that cannot be written, two runs at once, a stale lock, a wrong clock."""

import json
import os
import re
import signal
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from cil.errors import UserError
from cil.images.store import in_chunks, write_store
from cil.training.artifacts import Artifacts
from cil.training.checkpoint import write_tensors

pytestmark = pytest.mark.slow

DAY = 86_400


@contextmanager
def mounted(folder: Path, *options: str):
    """A mount over `folder` for a while; skipped where this user may not mount."""
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"cannot mount here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def full_disk(folder: Path, outputs: set[Path]):
    """A disk over `folder` with its files but `outputs`, and not a byte of room."""
    files = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file() and p not in outputs}
    times = {path: (path.stat().st_atime_ns, path.stat().st_mtime_ns) for path in files}
    with mounted(folder, "-t", "tmpfs", "-o", "size=64m", "tmpfs"):
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            os.utime(path, ns=times[path])
        for path in outputs:
            path.parent.mkdir(parents=True, exist_ok=True)
        with pytest.raises(OSError), (folder / ".filler").open("wb", buffering=0) as filler:
            while filler.write(bytes(2**16)):
                pass
        yield


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("checkpoint.safetensors", lambda path: write_tensors(path, {"w": torch.zeros(2**18)}, {})),
        ("logits.npy", lambda path: small_model(path.parent, logits=torch.zeros(2**18, 1))),
        ("train.npy", lambda path: pictures_of_noise(path.parent, 2**8)),
    ],
)
def test_a_disk_with_room_for_small_files_only(tmp_path, name, write):
    with mounted(tmp_path, "-t", "tmpfs", "-o", "size=512k", "tmpfs"):
        with pytest.raises(UserError, match="cannot be written: No space left on device"):
            write(tmp_path / name)

        assert not (tmp_path / name).exists()
        (tmp_path / "small").write_bytes(bytes(2**17))


def small_model(folder: Path, logits: torch.Tensor) -> None:
    Artifacts(folder).write({"w": torch.zeros(8)}, {}, logits, {})


def pictures_of_noise(folder: Path, count: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (count, 64, 64, 3), np.uint8)
    classes = np.zeros(count, np.int64)
    splits = {split: in_chunks(images, classes, size=8) for split in ("train", "val")}
    write_store(folder, splits, ["n00000000"], 64, {"source": "test"})


def rules_of(project) -> set[str]:
    """The rules that made results, by Snakemake's own notes."""
    notes = [n for n in project.path(".snakemake/metadata").rglob("*") if n.is_file()]
    logs = {(note["rule"], note["log"][0]) for note in map(json.loads, map(Path.read_text, notes))}
    return {rule for rule, log in logs if log.startswith("results/")}


# Outputs of all steps, of one job each; those of one level do not depend on each other.
LEVELS = (
    "hierarchy/wnids.txt",
    "hierarchy/*.parquet",
    "search/counts.parquet images/*",
    "search/familiarity.parquet search/naming.parquet survey/votes.parquet survey/study.csv"
    " models/original/seed0/[!.]*",
    "survey/consensus.parquet survey/agreement.json survey/classes.csv",
    "labels/cil.json labels/cil.parquet",
    "labels/*.csv",
    "labels/*.md labels/*.pkl evaluation/*",
    "tables/* figures/* export/*.onnx export/*.json",
    "export/README.md report/*",
)
# Their files lie in the folder in which a run must leave its mark before it begins.
LAST = {"readme", "provenance", "record"}


@pytest.mark.xfail(reason="LEVELS knows neither the steps that show votes nor kept models")
def test_a_full_disk_stops_each_step_with_a_message_and_leaves_nothing_that_looks_whole(broken):
    failed = set()
    for level in LEVELS:
        outputs = {path for pattern in level.split() for path in broken.results.glob(pattern)}
        assert outputs, level
        with ExitStack() as disks:
            for folder in sorted({path.parent for path in outputs}):
                disks.enter_context(full_disk(folder, outputs))
            targets = sorted(str(path.relative_to(broken.project.folder)) for path in outputs)
            status, said = broken.run("--keep-going", *targets)

            assert status != 0, said[-4000:]
            assert "No space left on device" in said, said[-4000:]
            assert not [path for path in outputs if path.exists()]
        failed |= set(re.findall(r"^Failed: (\w+): ", said, re.MULTILINE))

    assert failed | LAST >= rules_of(broken.whole)
    status, said = broken.run()
    assert status == 0, said[-4000:]
    assert broken.faults() == []


def wait_for_its_lock(broken, snakemake):
    """Until a run has begun its work."""
    while snakemake.poll() is None and not (broken.results / ".running").exists():
        time.sleep(0.1)


def test_results_that_cannot_be_written_are_refused_before_any_step(broken):
    (broken.results / "labels/cil.json").unlink()
    with mounted(broken.results, "-o", "bind", str(broken.results)):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(broken.results)], check=True)
        status, said = broken.run()

    assert status != 0
    assert "Write-protected output files" in said
    assert "Traceback" not in said


def test_of_two_runs_at_once_the_second_is_refused_and_the_first_ends_well(broken):
    (broken.results / "evaluation/metrics.csv").unlink()
    first = broken.start("--quiet", "all")
    wait_for_its_lock(broken, first)
    status, said = broken.run()

    assert status != 0
    assert "another run is making these results (process " in said
    assert "Traceback" not in said
    assert first.wait(300) == 0, first.stdout.read()
    assert broken.faults() == []


def test_the_lock_of_a_killed_run_is_no_lock(broken):
    (broken.results / "evaluation/metrics.csv").unlink()
    first = broken.start("--quiet", "all")
    wait_for_its_lock(broken, first)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait(60)

    status, said = broken.run()

    assert status == 0, said[-4000:]
    assert broken.faults() == []


def shift_times(folder: Path, seconds: float) -> None:
    """Make every file that many seconds younger."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            stamp = path.stat().st_mtime + seconds
            os.utime(path, (stamp, stamp))


def test_a_clock_set_back_is_named_and_once_it_is_right_the_run_goes_on(broken):
    """All files seem to come from tomorrow."""
    shift_times(broken.project.folder, DAY)
    assert "Nothing to be done" in broken.run()[1]
    (broken.results / "labels/one-up.json").unlink()

    status, said = broken.run()

    assert status != 0
    assert "This could indicate a clock skew problem" in said
    assert broken.wrong() == []

    shift_times(broken.project.folder, -2 * DAY)
    status, said = broken.run()

    assert status == 0, said[-4000:]
    assert broken.faults() == []
