"""Where the results of an experiment come from, and whether they still are what they were.

`provenance.json` names the configuration, the code, the packages, the machine, and the SHA-256
of every raw input (of a folder one for all its files) and of every artifact; `cil verify`
(cil/record/verify.py) checks files against it.
"""

import importlib.metadata
import os
import platform
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil

from cil.files import files_below, sha256_of, write_json
from cil.record.fingerprints import fingerprint_of_folder, fingerprints, name_of

FILE = "provenance.json"

# What tells how a run went, not what came out of it.
NOT_ARTIFACTS = {FILE, "provenance.html", "logs", "benchmarks"}
CHECKPOINTS = "models/*/*/checkpoint/*"


def write_provenance(
    results: Path,
    config: Mapping[str, Any],
    inputs: Iterable[str | Path],
    code: Path,
    parts: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> None:
    """Write `results`/provenance.json.

    Args:
        inputs: the raw files and folders that the experiment began with, absolute or relative to
            the folder that `results`/../.. is.
        code: the folder of the Snakefile.
        parts: what counts of a folder among the inputs, by its path as in `inputs`.

    Raises UserError for a file that cannot be read.
    """
    provenance = {
        "experiment": config["experiment"],
        "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "configuration": config,
        "code": code_state(code),
        "python": platform.python_version(),
        "packages": packages(),
        "hardware": hardware(),
        "inputs": raw_inputs(dict.fromkeys(map(str, inputs)), data_root(results), parts),
        "artifacts": fingerprints(artifacts(results), results),
    }
    write_json(provenance, results / FILE)


def data_root(results: Path) -> Path:
    """The folder in which an experiment was run, from its folder results/<experiment>."""
    return Path(os.path.abspath(results)).parent.parent  # noqa: PTH100 - links are left as they are


def artifacts(results: Path) -> list[Path]:
    """Every file of an experiment but logs, timings, checkpoints and unfinished files."""
    return sorted(
        path
        for path in files_below(results)
        if path.relative_to(results).parts[0] not in NOT_ARTIFACTS and not path.match(CHECKPOINTS)
    )


def raw_inputs(
    inputs: Iterable[str], root: Path, parts: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, Any]]:
    """A fingerprint of each raw file, and one of each raw folder, relative to `root`."""
    found: dict[str, dict[str, Any]] = {}
    for each in inputs:
        path = root / each
        found |= (
            {name_of(path, root): fingerprint_of_folder(path, parts.get(each, ()))}
            if path.is_dir()
            else fingerprints([path], root)
        )
    return dict(sorted(found.items()))


def code_state(root: Path) -> dict[str, Any]:
    """The git commit, whether the working tree is clean, what is changed, the lock file's hash.

    Where `root` is no git checkout of its own, the commit and whether it is clean are null,
    whatever checkout it lies in.
    """
    top = _said("git", "-C", root, "rev-parse", "--show-toplevel")
    own = top is not None and Path(top).resolve() == root.resolve()
    commit = _said("git", "-C", root, "rev-parse", "HEAD") if own else None
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
