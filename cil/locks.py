"""Locks that the kernel lets go of however a process ends; on Linux and macOS."""

import fcntl
import logging
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cil.errors import UserError
from cil.writing import explained, make_folder_of

logger = logging.getLogger(__name__)


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
    with explained(path):
        make_folder_of(path)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)  # less the umask


def _take(path: Path, lock: int, wait: bool = False) -> bool:
    """Whether this process holds the lock file now; the file says which process does."""
    with explained(path):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        os.truncate(lock, 0)
        os.pwrite(lock, f"process {os.getpid()} on {platform.node()}".encode(), 0)
    return True
