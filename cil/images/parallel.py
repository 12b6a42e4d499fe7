"""Pictures decoded side by side, in order, a chunk at a time."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

import numpy as np
from tqdm import tqdm

from cil.errors import UserError
from cil.images.store import Chunk
from cil.images.unfinished import DamagedPictures

Item = TypeVar("Item")

_CHUNK = 512
_MOST_FAULTS = 1000  # then the folder as a whole is another than it should be


class Decoded(Generic[Item]):
    """Chunks of the pictures that `decode` makes of the items, each with its class, in order.

    Pillow frees the interpreter while it decodes and resizes, so threads suffice. Only two
    chunks are in work at a time, whatever the number of items. A picture that `decode` refuses
    is left out, and when all are done DamagedPictures names all of these.

    Args:
        items: each with the class index of its picture.
        version: of an item: a text that changes when the picture's file does.
        known: from a version to pixels that were decoded before, or None.
    """

    def __init__(
        self,
        items: Sequence[tuple[Item, int]],
        decode: Callable[[Item], np.ndarray],
        version: Callable[[Item], str],
        what: str,
        threads: int | None = None,
        known: Callable[[str], np.ndarray | None] = lambda version: None,
    ) -> None:
        self.items, self.what, self.threads = items, what, threads
        self.versions: list[str] = []  # of the pictures so far
        self._decode, self._version, self._known = decode, version, known

    def __iter__(self) -> Iterator[Chunk]:
        threads = self.threads or _cores()
        faults: list[str] = []
        with (
            ThreadPoolExecutor(threads) as pool,
            tqdm(total=len(self.items), desc=self.what, unit=" pictures") as progress,
        ):
            for start in range(0, len(self.items), _CHUNK):
                chunk = self.items[start : start + _CHUNK]
                made = list(pool.map(self._one, (item for item, _ in chunk)))
                faults += [one for one in made if isinstance(one, str)]
                whole = [
                    (*one, of)
                    for one, (_, of) in zip(made, chunk, strict=True)
                    if not isinstance(one, str)
                ]
                if len(faults) >= _MOST_FAULTS:
                    break
                self.versions += [version for version, *_ in whole]
                if whole:
                    pictures = np.stack([pixels for _, pixels, _ in whole])
                    yield pictures, np.array([index for *_, index in whole], np.int64)
                progress.update(len(chunk))
        if faults:
            raise DamagedPictures(faults)

    def _one(self, item: Item) -> tuple[str, np.ndarray] | str:
        """The version and the pixels of a picture; what is wrong with it, if it is damaged."""
        try:
            version = self._version(item)
            pixels = self._known(version)
            return version, self._decode(item) if pixels is None else pixels
        except UserError as error:
            return str(error)


def version_of(file: str) -> str:
    """The version of a picture that is a file; UserError if it cannot be read."""
    try:
        status = os.stat(file)  # noqa: PTH116 - of a million files
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror}") from None
    return f"{file}\0{status.st_size}\0{status.st_mtime_ns}"


def _cores() -> int:
    """The cores that this process may use, or where the system does not tell, all of them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
