"""Pickles of arrays and plain containers, read without running anything of theirs.

A pickle is a program: it may call any function that it names. Here the few names that a pickled
array needs stand for harmless records, and every other name is refused. Not even numpy sees a
pickle's content before it was checked.
"""

import io
import math
import pickle
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from cil.errors import UserError

# Type codes of numbers; an array of Python objects has none of these.
_NUMBERS = {f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)} | {"f4", "f8", "b1"}


def load_arrays(path: str | Path) -> Any:
    """The content of the pickle `path`: dicts, lists, tuples, numbers, texts and numeric arrays.

    Arrays of the file share its bytes and cannot be written to. Raises UserError if the file
    is missing, empty, cut off, no pickle, or wants anything else than those types.
    """
    try:
        with Path(path).open("rb") as file:
            return _arrays(_Unpickler(_Bounded(file), encoding="latin1").load())
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except _RefusedError as error:
        raise UserError(
            f"{path}: refused: it asks for {error}, but a batch of pictures holds numpy arrays and "
            "plain containers alone; nothing of it was run. Fetch the file from a source you trust"
        ) from None
    except Exception as error:
        # Damaged opcodes end in nearly any kind of exception.
        reason = "it is empty" if Path(path).stat().st_size == 0 else f"{error}"
        raise UserError(f"{path}: not a whole pickle ({reason}); fetch the file again") from None


class _RefusedError(Exception):
    """The name of what a pickle wanted and does not get."""


class _Dtype:
    """Stands for numpy.dtype."""

    def __init__(self, code: str, *_: object) -> None:
        self.code, self.order = code, "|"

    def __setstate__(self, state: tuple) -> None:
        self.order = state[1]

    def real(self) -> np.dtype:
        if self.code not in _NUMBERS or self.order not in "|<>=":
            raise _RefusedError(f"an array of type {self.code!r}")
        return np.dtype(self.order + self.code)


class _Array:
    """Stands for numpy.ndarray."""

    def __init__(self, *_: object) -> None:
        self.state: tuple | None = None

    def __setstate__(self, state: tuple) -> None:
        self.state = state

    def real(self) -> np.ndarray:
        if self.state is None:
            raise ValueError("an array without content")
        _, shape, dtype, fortran_order, content = self.state
        if isinstance(content, str):  # written by Python 2
            content = content.encode("latin1")
        dtype = dtype.real()
        if len(content) != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"an array of shape {shape} in {len(content)} bytes")
        return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran_order else "C")


def _reconstruct(*_: object) -> _Array:
    return _Array()


def _frombuffer(content: bytes | bytearray, dtype: _Dtype, shape: tuple, order: str) -> _Array:
    """What protocol 5 calls instead."""
    array = _Array()
    array.state = (1, shape, dtype, order == "F", content)
    return array


def _scalar(dtype: _Dtype, content: bytes | str) -> int | float:
    if isinstance(content, str):
        content = content.encode("latin1")
    return np.frombuffer(content, dtype.real(), count=1)[0].item()


def _encode(text: str, encoding: str) -> bytes:
    """What stands for bytes in pickles of Python 3 that Python 2 can read."""
    if encoding != "latin1":
        raise _RefusedError(f"the encoding {encoding!r}")
    return text.encode("latin1")


_ADMITTED = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _encode,
    **{
        (f"numpy.{core}.multiarray", name): stand_in
        for core in ("core", "_core")
        for name, stand_in in (("_reconstruct", _reconstruct), ("scalar", _scalar))
    },
    ("numpy.core.numeric", "_frombuffer"): _frombuffer,
    ("numpy._core.numeric", "_frombuffer"): _frombuffer,
}


class _Unpickler(pickle._Unpickler):
    """The unpickler in Python: the one in C reserves what a damaged memo index asks for."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ADMITTED:
            raise _RefusedError(f"{module}.{name}")
        return _ADMITTED[module, name]


class _Bounded(io.RawIOBase):
    """A file that reserves no more memory for a piece than what is left of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = file.seek(0, io.SEEK_END)
        file.seek(0)

    def read(self, size: int = -1) -> bytes:
        if size > self._left:
            raise EOFError(f"cut off: {size} bytes wanted, {self._left} left")
        piece = self._file.read(size)
        self._left -= len(piece)
        return piece

    def readline(self, *_: object) -> bytes:
        line = self._file.readline()
        self._left -= len(line)
        return line

    def readinto(self, buffer: Any) -> int:
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def _arrays(content: Any) -> Any:
    """`content` with the stand-ins in its first two levels replaced by arrays."""
    if isinstance(content, _Array):
        return content.real()
    if isinstance(content, dict):
        return {
            key: value.real() if isinstance(value, _Array) else value
            for key, value in content.items()
        }
    return content
