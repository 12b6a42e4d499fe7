"""Fetching one file: from a mirror folder or by HTTP, checked against its checksum.

A file takes its place only after its sum was found right; a wrong one is never left behind.
"""

import hashlib
import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import requests
import tenacity
from tqdm import tqdm

from cil.errors import UserError
from cil.files import atomic_path, path_of

logger = logging.getLogger(__name__)

_CHUNK = 1 << 18
_TIMEOUTS = (10, 30)  # seconds to connect, seconds between two pieces
_ATTEMPTS = 4
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class RemoteFile:
    """A file at an address, known by its size in bytes and its checksum."""

    name: str
    url: str
    size: int
    checksum: str
    algorithm: str = "sha256"


class _TransientError(Exception):
    """A failure that may pass: the connection, the server's load."""


def mirror_folder(configured: str, environment: Mapping[str, str] = os.environ) -> Path | None:
    """The mirror that the configuration names, else the one in CIL_MIRROR, else None.

    Raises UserError if it is not a folder.
    """
    for source, value in (
        ("sources.mirror", configured),
        ("environment variable CIL_MIRROR", environment.get("CIL_MIRROR", "")),
    ):
        if value:
            if not path_of(value).is_dir():
                raise UserError(f"{source}: there is no folder {value}; mend the path or clear it")
            return path_of(value)
    return None


def fetch(remote: RemoteFile, target: str | Path, mirror: Path | None = None) -> None:
    """Put `remote` at `target`, whole and checked: from `mirror` if it is there, else by HTTP.

    A `target` with the right checksum stays. Raises UserError, and leaves `target` as it was, if
    the checksum is wrong or the file cannot be had.
    """
    if Path(target).is_file() and _checksum(Path(target), remote.algorithm) == remote.checksum:
        logger.info("%s: there already, %s as expected", target, remote.algorithm.upper())
        return
    with atomic_path(target) as temporary:
        mirrored = mirror / remote.name if mirror else None
        if mirrored and mirrored.is_file():
            shutil.copyfile(mirrored, temporary)
            origin = str(mirrored)
        else:
            _download(remote, temporary)
            origin = remote.url
        found = _checksum(temporary, remote.algorithm)
        if found != remote.checksum:
            raise UserError(
                f"{origin}: its {remote.algorithm.upper()} is {found}, expected "
                f"{remote.checksum}; it is another file, damaged or changed, and was not kept"
            )
    logger.info("%s: taken from %s, %s as expected", target, origin, remote.algorithm.upper())


def _checksum(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _download(remote: RemoteFile, target: Path) -> None:
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(_TransientError),
        stop=tenacity.stop_after_attempt(_ATTEMPTS),
        wait=tenacity.wait_random_exponential(multiplier=1, max=20),
        before_sleep=tenacity.before_sleep_log(logger, logging.WARNING),
        reraise=True,
    )
    try:
        with (
            target.open("wb") as file,
            tqdm(total=remote.size, unit="B", unit_scale=True, desc=remote.name) as progress,
        ):
            retrying(_continue_download, remote, file, progress)
    except _TransientError as error:
        raise UserError(
            f"{remote.url}: cannot be downloaded ({error}; {_ATTEMPTS} attempts); without a "
            f"connection put {remote.name} into a folder, and name that in sources.mirror or the "
            "environment variable CIL_MIRROR"
        ) from None


def _continue_download(remote: RemoteFile, file: BinaryIO, progress: tqdm) -> None:
    """Download what `file` still lacks; all of it if the server cannot begin in the middle."""
    start = file.tell()
    headers = {"Range": f"bytes={start}-"} if start else {}
    # Compressed in transit, the size would say nothing about how much has come.
    headers["Accept-Encoding"] = "identity"
    try:
        with requests.get(remote.url, headers=headers, stream=True, timeout=_TIMEOUTS) as answer:
            if answer.status_code in _TRANSIENT:
                raise _TransientError(f"HTTP status {answer.status_code}")
            if not answer.ok:
                raise UserError(
                    f"{remote.url}: the server answers {answer.status_code} {answer.reason}; "
                    "the file has moved or the address is wrong"
                )
            if start and answer.status_code != requests.codes.partial_content:
                file.seek(0)
                file.truncate()
                progress.reset()
            for piece in answer.iter_content(_CHUNK):
                file.write(piece)
                progress.update(len(piece))
                if file.tell() > remote.size:
                    raise UserError(
                        f"{remote.url}: sends more than the {remote.size} bytes of "
                        f"{remote.name}; it is another file and was not kept"
                    )
    except (requests.ConnectionError, requests.Timeout) as error:
        raise _TransientError(_reason(error)) from None
    except requests.exceptions.ChunkedEncodingError as error:
        raise _TransientError(f"connection lost after {file.tell()} bytes: {error}") from None
    except requests.RequestException as error:
        raise UserError(f"{remote.url}: cannot be downloaded ({error})") from None


def _reason(error: BaseException) -> str:
    """The innermost cause: requests wraps it in three layers of object addresses."""
    while isinstance(getattr(error, "reason", None) or (error.args or [None])[0], BaseException):
        error = getattr(error, "reason", None) or error.args[0]
    return str(error)
