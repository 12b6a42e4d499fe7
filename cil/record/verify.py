"""`cil verify`: whether the files of an experiment are those that its provenance.json names."""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cil.errors import UserError
from cil.files import path_of, read_json
from cil.record.fingerprints import fingerprint_of_folder, fingerprints, name_of
from cil.record.provenance import FILE, artifacts, data_root

Files = Mapping[str, Mapping[str, Any]]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("results", type=path_of, help="the folder results/<experiment>")
    parser.add_argument(
        "--like",
        type=path_of,
        metavar="RESULTS",
        help="also compare with another run of the experiment, perhaps from another machine",
    )


def run(arguments: argparse.Namespace) -> int:
    """Say what differs; 1 if an artifact or a raw input is gone or changed, else 0."""
    record = read_provenance(arguments.results)
    root = data_root(arguments.results)
    faults = [*damaged(arguments.results, record), *changed_inputs(root, record)]
    if arguments.like:
        faults += unlike(record, read_provenance(arguments.like))
    remarks = [*absent_inputs(root, record), *unknown(arguments.results, record)]
    for line in [*faults, *remarks]:
        sys.stdout.write(f"{line}\n")
    if not faults:
        count = len(record["artifacts"])
        sys.stdout.write(f"{arguments.results}: all {count} artifacts are as recorded\n")
    return 1 if faults else 0


def read_provenance(results: Path) -> dict[str, Any]:
    """The record in `results`; UserError if there is none or it is no such record."""
    path = results / FILE
    if not path.exists():
        raise UserError(f"{path}: there is no such file; run the experiment to its end first")
    record = read_json(path)
    for part in ("artifacts", "inputs"):
        if not isinstance(record, dict) or not _are_fingerprints(record.get(part)):
            raise UserError(
                f'{path}: lacks `{part}`, or they are not {{file: {{"bytes": …, "sha256": …}}}}; '
                "delete it and run again"
            )
    return record


def _are_fingerprints(files: Any) -> bool:
    return isinstance(files, dict) and all(
        isinstance(entry, dict) and isinstance(entry.get("sha256"), str) for entry in files.values()
    )


def damaged(results: Path, record: Mapping[str, Any]) -> Iterator[str]:
    """A line for every artifact that is gone or changed."""
    for name, fault in _differences(results, record["artifacts"]):
        remedy = "delete it, and" if (results / name).exists() else "now"
        yield f"{results / name}: {fault}; {remedy} snakemake makes it anew"


def changed_inputs(root: Path, record: Mapping[str, Any]) -> Iterator[str]:
    """A line for every raw input that changed; those that are not here are not looked at."""
    here = {name: entry for name, entry in record["inputs"].items() if (root / name).exists()}
    folders = {name: here.pop(name) for name, entry in list(here.items()) if "files" in entry}
    for name, entry in folders.items():
        fault = _change_of_folder(root / name, entry)
        if fault:
            yield f"{name}: {fault}; the results were made from other files"
    for name, fault in _differences(root, here):
        yield f"{name}: {fault}; the results were made from another file of this name"


def _change_of_folder(folder: Path, entry: Mapping[str, Any]) -> str:
    if not folder.is_dir():
        return "is no folder"
    parts = entry.get("parts", ())
    gone = [part for part in parts if not (folder / part).exists()]
    if gone:
        return f"lacks {', '.join(gone[:5])}{', …' * (len(gone) > 5)}"
    found = fingerprint_of_folder(folder, parts)
    if found == dict(entry):
        return ""
    counts = (f"{each['files']:,} files of {each['bytes']:,} bytes" for each in (found, entry))
    return "changed ({}, recorded {})".format(*counts)


def absent_inputs(root: Path, record: Mapping[str, Any]) -> Iterator[str]:
    """A line for the raw inputs that are not here, so that nothing can be said of them."""
    absent = [name for name in record["inputs"] if not (root / name).exists()]
    if absent:
        yield (
            f"{root}: {len(absent)} of {len(record['inputs'])} raw inputs are not here, and were "
            f"not checked: {', '.join(absent[:5])}{', …' * (len(absent) > 5)}"
        )


def unknown(results: Path, record: Mapping[str, Any]) -> Iterator[str]:
    """A line for every file that came after the record; they are no fault."""
    for path in artifacts(results):
        if name_of(path, results) not in record["artifacts"]:
            yield f"{path}: not in the record; made later, or by another configuration"


def unlike(record: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """A line for every artifact that another run made otherwise, or that only one has."""
    ours, theirs = record["artifacts"], other["artifacts"]
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in theirs:
            yield f"{name}: only here, not in the other run"
        elif name not in ours:
            yield f"{name}: only in the other run"
        elif ours[name]["sha256"] != theirs[name]["sha256"]:
            yield f"{name}: differs from the other run"


def _differences(root: Path, files: Files) -> Iterator[tuple[str, str]]:
    """Name and fault of each file below `root` that is not what `files` says."""
    missing = {name for name in files if not (root / name).is_file()}
    present = fingerprints((root / name for name in files if name not in missing), root)
    for name, entry in files.items():
        if name in missing:
            yield name, "is gone"
        elif present[name] != entry:
            found, recorded = (part["sha256"][:12] for part in (present[name], entry))
            yield name, f"changed (SHA-256 {found}…, recorded {recorded}…)"
