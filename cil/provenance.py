"""Where the results of an experiment come from, and whether they still are what they were.

`provenance.json` names the configuration, the code, the packages, the machine, and the SHA-256
of every raw input and of every artifact; `cil verify` (cil/verify.py) checks files against it.
"""

import importlib.metadata
import os
import platform
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from cil.files import sha256_of, write_json

FILE = "provenance.json"

# What tells how a run went, not what came out of it.
NOT_ARTIFACTS = {FILE, "provenance.html", "logs", "benchmarks"}
CHECKPOINTS = "models/*/*/checkpoint/*"


def write_provenance(
    results: Path, config: Mapping[str, Any], inputs: Iterable[str | Path], root: Path
) -> None:
    """Write `results`/provenance.json.

    `inputs` are the raw files and folders that the experiment began with, relative to `root`,
    the folder of the project, or absolute.
    """
    provenance = {
        "experiment": config["experiment"],
        "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "configuration": config,
        "code": code_state(root),
        "python": platform.python_version(),
        "packages": packages(),
        "hardware": hardware(),
        "inputs": fingerprints(raw_files(inputs, root), root),
        "artifacts": fingerprints(artifacts(results), results),
    }
    write_json(provenance, results / FILE)


def artifacts(results: Path) -> list[Path]:
    """Every file of an experiment but logs, timings, checkpoints and unfinished files."""
    return sorted(
        path
        for path in _files(results)
        if path.relative_to(results).parts[0] not in NOT_ARTIFACTS and not path.match(CHECKPOINTS)
    )


def raw_files(inputs: Iterable[str | Path], root: Path) -> list[Path]:
    """The files among `inputs`, and those in the folders among them."""
    named = [root / path for path in inputs]
    return sorted({file for path in named for file in (_files(path) if path.is_dir() else [path])})


def _files(folder: Path) -> Iterator[Path]:
    """The files below `folder`, following links to folders; hidden ones are of no account."""
    for parent, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in names if not name.startswith("."))


def fingerprints(paths: Iterable[Path], root: Path) -> dict[str, dict[str, Any]]:
    """`bytes` and `sha256` of each file, by its path relative to `root` where it lies below."""
    paths = list(paths)
    with ThreadPoolExecutor() as pool:
        sums = list(pool.map(sha256_of, paths))
    return {
        name_of(path, root): {"bytes": path.stat().st_size, "sha256": checksum}
        for path, checksum in zip(paths, sums, strict=True)
    }


def name_of(path: Path, root: Path) -> str:
    """`path` relative to `root` where it lies below it, else as it is."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def code_state(root: Path) -> dict[str, Any]:
    """The git commit, whether the working tree is clean, what is changed, the lock file's hash.

    Outside of a git checkout the commit and whether it is clean are null.
    """
    commit = _said("git", "-C", root, "rev-parse", "HEAD")
    changed = _said("git", "-C", root, "status", "--porcelain") if commit else None
    lock = root / "uv.lock"
    return {
        "commit": commit,
        "clean": None if changed is None else not changed,
        "changed_files": [line[3:] for line in (changed or "").splitlines()],
        "lock_sha256": sha256_of(lock) if lock.exists() else None,
    }


def packages() -> dict[str, str]:
    """The version of every installed package, by name."""
    found = {d.metadata["Name"].lower(): d.version for d in importlib.metadata.distributions()}
    return dict(sorted(found.items()))


def hardware() -> dict[str, Any]:
    """The machine that wrote the record; each model's metrics.json names that of its training."""
    gpus = _said("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")
    return {
        "system": platform.platform(),
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "gpus": (gpus or "").splitlines(),
    }


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _said(*command: str | Path) -> str | None:
    """What a program prints; None where there is none or it fails."""
    if shutil.which(str(command[0])) is None:
        return None
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60)
    return done.stdout.rstrip() if done.returncode == 0 else None
