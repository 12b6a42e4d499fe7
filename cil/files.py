"""Reading and writing artifacts: whole or not at all, and checked when read."""

import csv
import errno
import fcntl
import hashlib
import json
import logging
import os
import platform
import tempfile
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from cil.errors import UserError

logger = logging.getLogger(__name__)

# What tells of the file to be written, whatever else is at work beside it.
_OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES}
_MEND = "make room, make its folder writable or name another file, and run again"


@contextmanager
def _explained(path: Path, numbers: Container[int] | None = None) -> Iterator[None]:
    """Say in words that `path` cannot be written, on any error of the system or those `numbers`."""
    try:
        yield
    except OSError as error:
        if numbers is None or error.errno in numbers:
            raise UserError(f"{path}: cannot be written: {error.strerror}; {_MEND}") from error
        raise


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it takes the place of `path` durably.

    A reader sees the old file or the new one, never a part; after an error or a kill
    `path` is as it was. Raises UserError where the disk is full, or no file can be at `path`.
    """
    path = Path(path)
    with _explained(path):
        _make_folder_of(path)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}.", suffix=f".part{path.suffix}", dir=path.parent
        )
        os.close(handle)
    temporary = Path(name)
    try:
        with _explained(path, _OF_THE_DISK):
            yield temporary
        with _explained(path):
            _sync(temporary)
            temporary.chmod(0o644)
            temporary.replace(path)
            _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _make_folder_of(path: Path) -> None:
    with suppress(FileExistsError):  # if it is no folder, opening `path` will say so
        path.parent.mkdir(parents=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(text: str, path: str | Path) -> None:
    """Write `text` to `path` as UTF-8, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(content: Any, path: str | Path) -> None:
    """Write `content` to `path` as indented JSON, atomically."""
    write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", path)


def read_json(path: str | Path) -> Any:
    """The content of a JSON file.

    Raises UserError if it is missing or is not JSON, or if an object has a key twice, of which
    one value would be lost.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        return json.loads(text, object_pairs_hook=partial(_without_repeats, path))
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(
            f"{path}: not a readable JSON file ({error}); make or fetch it anew"
        ) from None


def _without_repeats(path: str | Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in pairs:
        if key in content:
            raise UserError(
                f"{path}: {key!r} stands twice, with {content[key]!r:.60} and {value!r:.60}; "
                "keep one of the two"
            )
        content[key] = value
    return content


def write_csv(rows: Sequence[Mapping[str, Any]], path: str | Path, columns: Sequence[str]) -> None:
    """Write `rows` to `path` as CSV with a header of `columns`, atomically."""
    with (
        atomic_path(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_frame_csv(frame, path: str | Path, float_format: str | None = None) -> None:
    """Write a pandas frame to `path` as CSV without its index, atomically.

    `float_format` is pandas' (such as "%.4f"); None writes every digit.
    """
    with atomic_path(path) as temporary:
        frame.to_csv(temporary, index=False, lineterminator="\n", float_format=float_format)


def read_frame_csv(path: str | Path, texts: Sequence[str]):
    """The CSV file at `path`, as `write_frame_csv` wrote it, as a pandas frame of the same values.

    `texts` are the columns of text, in which an empty cell is an empty text; in others it is a
    missing number.
    """
    import pandas

    frame = pandas.read_csv(
        path,
        dtype=dict.fromkeys(texts, str),
        float_precision="round_trip",
        na_values=[""],
        keep_default_na=False,
    )
    return frame.fillna(dict.fromkeys(texts, ""))


def write_parquet(frame, path: str | Path) -> None:
    """Write a pandas frame to `path` as Parquet without its index, atomically.

    The bytes depend on the rows alone (no time, no machine), so that equal tables have
    equal checksums.
    """
    with atomic_path(path) as temporary:
        frame.to_parquet(temporary, index=False)


def read_parquet(path: str | Path, columns: Sequence[str] = ()):
    """The Parquet file at `path` as a pandas frame, with at least `columns`.

    Raises UserError if the file is missing, is not Parquet, or lacks one of the columns.
    """
    import pandas
    import pyarrow

    try:
        frame = pandas.read_parquet(path)
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise UserError(f"{path}: not a readable Parquet file ({error}); make it anew") from None
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise UserError(
            f"{path}: lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; "
            f"found {', '.join(map(str, frame.columns))}; delete the file and run again"
        )
    return frame


def sha256_of(path: str | Path) -> str:
    """The SHA-256 of a file as 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hold(path: str | Path) -> None:
    """Take the lock file `path` for as long as this process lives.

    The kernel lets go of it however the process ends, so that a killed run leaves no lock
    behind. Raises UserError if another process holds it, or if the folder cannot be written.
    """
    path = Path(path)
    lock = _open_lock(path)
    if not _take(path, lock):
        holder = os.pread(lock, 1000, 0).decode()
        os.close(lock)
        raise UserError(
            f"{path.parent}: another run is making these results ({holder}); wait for its end, or "
            "stop it"
        )


@contextmanager
def turn(path: str | Path) -> Iterator[bool]:
    """Hold the lock file `path` in the block, once any other process let go of it.

    Yields whether it had to be waited for. Raises UserError if the folder cannot be written.
    """
    path = Path(path)
    lock = _open_lock(path)
    try:
        waits = not _take(path, lock)
        if waits:
            holder = os.pread(lock, 1000, 0).decode()
            logger.warning("%s: %s is at work here; waiting for its end", path.parent, holder)
            _take(path, lock, wait=True)
        yield waits
    finally:
        os.close(lock)


def _open_lock(path: Path) -> int:
    with _explained(path):
        _make_folder_of(path)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)


def _take(path: Path, lock: int, wait: bool = False) -> bool:
    """Whether this process holds the lock file now; the file says which process does."""
    with _explained(path):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        os.truncate(lock, 0)
        os.pwrite(lock, f"process {os.getpid()} on {platform.node()}".encode(), 0)
    return True
