"""Pictures decoded side by side, in order, a chunk at a time."""

import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from tqdm import tqdm

from cil.images.store import Chunk

Item = TypeVar("Item")

_CHUNK = 512


def decoded(
    items: Iterable[tuple[Item, int]],
    decode: Callable[[Item], np.ndarray],
    total: int,
    what: str,
    threads: int | None = None,
) -> Iterator[Chunk]:
    """Chunks of the pictures that `decode` makes of the items, each with its class, in order.

    Pillow frees the interpreter while it decodes and resizes, so threads suffice. Only two
    chunks are in work at a time, whatever the number of items. The first error ends it.
    """
    threads = threads or len(os.sched_getaffinity(0))
    chunks = iter(lambda: list(itertools.islice(iterator, _CHUNK)), [])
    iterator = iter(items)
    with (
        ThreadPoolExecutor(threads) as pool,
        tqdm(total=total, desc=what, unit=" pictures") as progress,
    ):
        for chunk in chunks:
            pictures = list(pool.map(decode, (item for item, _ in chunk)))
            yield np.stack(pictures), np.array([index for _, index in chunk], np.int64)
            progress.update(len(chunk))
