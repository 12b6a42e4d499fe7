"""Fingerprints of files, and of folders of however many files."""

import hashlib
import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tqdm import tqdm

from cil.errors import UserError
from cil.files import files_below

_BATCH = 8192  # files at a time
_SHARE = 256  # of them to one thread
_PATIENCE = 5  # seconds before progress is shown
_SMALL = 1 << 20  # bytes that are read at once


def fingerprints(paths: Iterable[Path], root: Path) -> dict[str, dict[str, Any]]:
    """`bytes` and `sha256` of each file, by its path relative to `root` where it lies below.

    Raises UserError for a file that cannot be read.
    """
    return {
        name_of(path, root): {"bytes": size, "sha256": checksum}
        for path, size, checksum in _sums(paths)
    }


def fingerprint_of_folder(folder: Path, parts: Sequence[str] = ()) -> dict[str, Any]:
    """How many `files` are below a folder, their `bytes`, and a `sha256` of paths and contents.

    `parts` are the files and folders in it that count, relative to it; all of it if there are
    none. Hidden files are of no account. Raises UserError for what cannot be read.
    """
    digest, files, total = hashlib.sha256(), 0, 0
    places = [folder / part for part in sorted(parts)] or [folder]
    found = itertools.chain.from_iterable(
        files_below(place) if place.is_dir() else [place] for place in places
    )
    shown = tqdm(_sums(found), desc=f"checksum of {folder}", unit=" files", delay=_PATIENCE)
    for path, size, checksum in shown:
        name = path.relative_to(folder).as_posix()
        digest.update(f"{name}\0{size}\0{checksum}\n".encode(errors="surrogateescape"))
        files, total = files + 1, total + size
    about = {"files": files, "bytes": total, "sha256": digest.hexdigest()}
    return about | ({"parts": sorted(parts)} if parts else {})


def name_of(path: Path, root: Path) -> str:
    """`path` relative to `root` where it lies below it, else as it is."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _sums(paths: Iterable[Path]) -> Iterator[tuple[Path, int, str]]:
    """Each file with its size and SHA-256, in order, a few batches ahead at a time."""
    paths = iter(paths)
    with ThreadPoolExecutor() as pool:
        while batch := list(itertools.islice(paths, _BATCH)):
            shares = (batch[start : start + _SHARE] for start in range(0, len(batch), _SHARE))
            for sums in pool.map(lambda files: [_sum(file) for file in files], shares):
                yield from sums


def _sum(path: Path) -> tuple[Path, int, str]:
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size < _SMALL:
                content = file.read(size)
                return path, len(content), hashlib.sha256(content).hexdigest()
            checksum = hashlib.file_digest(file, "sha256").hexdigest()
            return path, file.tell(), checksum
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
