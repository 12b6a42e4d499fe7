"""Arrays of an .npz file, read piece by piece and never unpickled."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from cil.errors import UserError

_SUFFIX = ".npy"


@dataclass(frozen=True)
class NpzArray:
    """One array of the file `path`: what it is like, without having read it."""

    path: Path
    key: str
    shape: tuple[int, ...]
    dtype: np.dtype

    def read(self) -> np.ndarray:
        """The whole array."""
        length = self.shape[0] if self.shape else 1
        return next(self.chunks(max(length, 1)), np.empty(self.shape, self.dtype))

    def chunks(self, rows: int) -> Iterator[np.ndarray]:
        """The array in pieces of at most `rows` along its first axis.

        Raises UserError if the file is cut off or its content does not have its checksum.
        """
        total, rest = self.shape[0], self.shape[1:]
        row_bytes = self.dtype.itemsize * int(np.prod(rest, dtype=np.int64))
        with _member(self.path, self.key) as file:
            _read_header(file)
            for start in range(0, total, rows):
                n = min(rows, total - start)
                content = file.read(n * row_bytes)
                if len(content) < n * row_bytes:
                    raise EOFError(f"{self.key} ends in row {start + len(content) // row_bytes}")
                yield np.frombuffer(content, self.dtype).reshape(n, *rest)
            # Reading on to the end has the checksum compared.
            if file.read(1):
                raise ValueError(f"{self.key} goes on after its last row")


def open_npz(path: str | Path) -> dict[str, NpzArray]:
    """The arrays of the file by key; of each only the header is read.

    Raises UserError if the file is missing, is no whole .npz, or holds arrays of objects.
    """
    path = Path(path)
    with _explained(path), zipfile.ZipFile(path) as archive:
        keys = [name[: -len(_SUFFIX)] for name in archive.namelist() if name.endswith(_SUFFIX)]
    arrays = {}
    for key in keys:
        with _member(path, key) as file:
            shape, dtype = _read_header(file)
        arrays[key] = NpzArray(path, key, shape, dtype)
    return arrays


@contextmanager
def _member(path: Path, key: str) -> Iterator[IO[bytes]]:
    with _explained(path), zipfile.ZipFile(path) as archive, archive.open(key + _SUFFIX) as file:
        yield file


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran_order, dtype = read(file)
    if dtype.hasobject or dtype.names or fortran_order or min(shape, default=0) < 0 or not shape:
        raise ValueError(f"an array of type {dtype}, shape {shape}; expected rows of numbers")
    return shape, dtype


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        RuntimeError,
        SyntaxError,
        MemoryError,
        OverflowError,
    ) as error:
        raise UserError(f"{path}: not a whole .npz file ({error}); fetch it again") from None
