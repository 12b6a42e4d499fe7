"""Where a file goes that is written: whole or not at all, and into what a person named."""

import errno
import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from cil.errors import UserError

# What tells of the file to be written, whatever else is at work beside it.
_OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES}
_MEND = "make room, make its folder writable or name another file, and run again"
_DESCRIPTOR = re.compile(r"/dev/(?:fd/)?(stdout|stderr|\d+)|/proc/(?:self|\d+)/fd/(\d+)")
_STREAMS = {"stdout": 1, "stderr": 2}
_MOST_LINKS = 40  # as Linux follows


@contextmanager
def explained(path: Path, numbers: Container[int] | None = None) -> Iterator[None]:
    """Say in words that `path` cannot be written, on any error of the system or those `numbers`."""
    try:
        yield
    except OSError as error:
        if numbers is None or error.errno in numbers:
            raise UserError(f"{path}: cannot be written: {error.strerror}; {_MEND}") from error
        raise


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path; on success its content takes the place of `path` durably.

    A reader sees the old file or the new one, never a part; after an error or a kill `path` is
    as it was. A link stays, and its target gets the content; a pipe or device is written to when
    the content is whole. A new file has the permissions that the umask leaves, and one that was
    there keeps its own.

    Raises UserError where the disk is full, or no file can be at `path`.
    """
    path = Path(path)
    with explained(path):
        target = _target(path)
        make_folder_of(target)
        status = _status(target)
    with (
        _into(path, target) if _is_stream(target, status) else _beside(path, target, status)
    ) as temporary:
        yield temporary


def keep_apart(read: Mapping[str, Path | None], written: Mapping[str, Path | None]) -> None:
    """Raise UserError if an option names a file to write that another one reads or writes."""
    options = {**read, **written}
    for option, path in written.items():
        for other, file in options.items():
            if other == option or path is None or file is None:
                continue
            regular = path.is_file() and file.is_file()
            if path == file or (regular and path.samefile(file)):
                raise UserError(
                    f"{option} {path}: is also {other}, which would be lost; name another file"
                )


def make_folder_of(path: Path) -> None:
    """Make the folder that `path` lies in, if there is none."""
    with suppress(FileExistsError):  # if it is no folder, opening `path` will say so
        path.parent.mkdir(parents=True)


def _target(path: Path) -> Path:
    """Where the links of `path` end: at a file or nothing, or at an open file of this process."""
    for _ in range(_MOST_LINKS):
        if _DESCRIPTOR.fullmatch(str(path)) or not path.is_symlink():
            return path
        path = path.parent / path.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _status(target: Path) -> os.stat_result | None:
    try:
        return target.stat()
    except FileNotFoundError:
        return None


def _is_stream(target: Path, status: os.stat_result | None) -> bool:
    """Whether it must be written to as it is: an open file of this process, a pipe, a device."""
    if _DESCRIPTOR.fullmatch(str(target)):
        return True
    return status is not None and not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode))


@contextmanager
def _beside(path: Path, target: Path, status: os.stat_result | None) -> Iterator[Path]:
    """A temporary file that takes the place of a regular file, or of none."""
    name = f".{target.stem[:40]}.{secrets.token_hex(4)}.part{target.suffix[:40]}"
    temporary = target.parent / name
    with explained(path):
        if status and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        # The kernel takes the umask from the permissions.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        mode = stat.S_IMODE((status or temporary.stat()).st_mode)
    try:
        with explained(path, _OF_THE_DISK):
            yield temporary
        with explained(path):
            _sync(temporary)
            if status and hasattr(os, "chown"):  # Windows has no owners to keep
                with suppress(PermissionError):
                    os.chown(temporary, status.st_uid, status.st_gid)
            temporary.chmod(mode)  # some writers put a file of their own in its place
            temporary.replace(target)
            _sync(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _into(path: Path, target: Path) -> Iterator[Path]:
    """A temporary file whose content is written into a pipe, a device, or an open file."""
    with tempfile.TemporaryDirectory() as folder:
        temporary = Path(folder, f"content{path.suffix[:40]}")
        temporary.touch()
        with explained(path, _OF_THE_DISK):
            yield temporary
        with explained(path), temporary.open("rb") as content:
            if match := _DESCRIPTOR.fullmatch(str(target)):
                sys.stdout.flush()  # what was said before stands before it
                number = match[1] or match[2]
                opened = os.fdopen(os.dup(_STREAMS.get(number) or int(number)), "wb")
            else:
                opened = target.open("wb")
            with opened:
                shutil.copyfileobj(content, opened)


def _sync(path: Path) -> None:
    windows = os.name == "nt"  # which syncs no folders, and only what is open for writing
    if windows and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDWR if windows else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
