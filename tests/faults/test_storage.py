"""A full disk, a disk that cannot be written, two runs at once, a stale lock, a wrong clock."""

import os
import re
import signal
import subprocess
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from small import CONFIG, Small

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
    """A disk over `folder` with its files but `outputs`, and not a byte of room.

    Nor are there the second names of a finished training's files, by which it comes back for free.
    """
    files = {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path not in outputs and ".finished" not in path.parts
    }
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


@dataclass(frozen=True)
class Job:
    """A job of the small experiment, by what Snakemake says of it."""

    rule: str
    inputs: frozenset[str]
    outputs: frozenset[str]


def levels_of(small: Small) -> list[list[Job]]:
    """One job of each rule; those of one level do not depend on each other.

    Left out are jobs that write into the folder in which a run must leave its mark before it
    begins, and those that make no results.
    """
    waiting = [
        Job(rule, *(frozenset(said.get(key, "").split(", ")) for key in ("input", "output")))
        for rule, said in small.project.jobs("--forceall", *CONFIG)
    ]
    made_by = {output: job for job in waiting for output in job.outputs}
    depth: dict[Job, int] = {}
    while waiting:
        for job in waiting:
            above = {made_by[path] for path in job.inputs & made_by.keys()}
            if above <= depth.keys():
                depth[job] = 1 + max((depth[each] for each in above), default=0)
        waiting = [job for job in waiting if job not in depth]
    results = str(small.results.relative_to(small.project.folder))
    levels: dict[int, dict[str, Job]] = {}
    for job in sorted(depth, key=lambda job: (depth[job], sorted(job.outputs))):
        folders = {str(Path(path).parent) for path in job.outputs}
        seen = any(job.rule in rules for rules in levels.values())
        if not seen and all(folder.startswith(f"{results}/") for folder in folders):
            levels.setdefault(depth[job], {})[job.rule] = job
    return [list(levels[number].values()) for number in sorted(levels)]


def test_a_full_disk_stops_each_step_with_a_message_and_leaves_nothing_that_looks_whole(broken):
    levels = levels_of(broken)
    assert {"hierarchy", "images", "labelset", "train", "tables", "export"} <= {
        job.rule for level in levels for job in level
    }
    for level in levels:
        outputs = {broken.project.path(name) for job in level for name in job.outputs}
        with ExitStack() as disks:
            for folder in sorted({path.parent for path in outputs}):
                disks.enter_context(full_disk(folder, outputs))
            targets = sorted(str(path.relative_to(broken.project.folder)) for path in outputs)
            status, said = broken.run("--keep-going", *targets)

            assert status != 0, said[-4000:]
            assert "No space left on device" in said, said[-4000:]
            assert not [path for path in outputs if path.exists()]
        failed = set(re.findall(r"^Failed: (\w+): ", said, re.MULTILINE))
        assert failed == {job.rule for job in level}, said[-4000:]

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
