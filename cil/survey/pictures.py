"""Sample pictures of the classes, from the experiment's own data."""

import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
from PIL import Image

from cil.errors import UserError
from cil.images.samples import SamplePictures
from cil.images.store import ImageStore

PER_CLASS = 6
SMALL = 96  # pixels
KEPT = 64  # classes whose pictures stay in memory: 6 of 110 kB each in original ImageNet


class Pictures:
    """Up to six pictures of each class: in original size where the data set has it.

    Args:
        store: the folder of an image store; where there is none yet, no class has a picture.
    """

    def __init__(self, store: Path) -> None:
        self._counts: dict[str, int] = {}
        self.small = False  # so small that they are shown larger, pixel by pixel
        self.note = "no pictures: this experiment has no image store yet"
        if (store / "meta.json").exists():
            self._open(ImageStore.open(store))

    def _open(self, store: ImageStore) -> None:
        samples = SamplePictures(store)
        counts = np.bincount(store.train_classes, minlength=len(store.classes))
        self._counts = {
            wnid: min(int(count), PER_CLASS)
            for wnid, count in zip(store.classes, counts, strict=True)
        }

        reading = Lock()

        @lru_cache(maxsize=KEPT)
        def picked(wnid: str) -> Sequence[bytes]:
            return samples.pick(wnid, PER_CLASS, "train")

        def of_class(wnid: str) -> Sequence[bytes]:
            with reading:  # a page asks for all its pictures at once: the first one reads them
                return picked(wnid)

        self._of_class = of_class
        side = min(Image.open(io.BytesIO(of_class(store.classes[0])[0])).size)
        self.small = side < SMALL
        size = f" at {side}×{side} pixels" if self.small else ""
        self.note = f"{store.meta.get('kind', '')} pictures{size}".strip()

    def count(self, wnid: str) -> int:
        """How many pictures there are of a class, at most six."""
        return self._counts.get(wnid, 0)

    def read(self, wnid: str, number: int) -> tuple[bytes, str]:
        """Picture `number` (from 0) of a class and its media type; UserError if there is none."""
        pictures = self._of_class(wnid) if 0 <= number < self.count(wnid) else ()
        if number >= len(pictures):
            raise UserError("there is no such picture")
        content = pictures[number]
        kind = Image.open(io.BytesIO(content)).get_format_mimetype()
        return content, kind or "application/octet-stream"
