"""Sample pictures of the classes, from the experiment's own data."""

import io
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from cil.errors import UserError
from cil.images.store import ImageStore

PER_CLASS = 6
SMALL = 96  # pixels


class Pictures:
    """Up to six pictures of each class, as PNG, from the image store of an experiment.

    Args:
        store: the folder of an image store; where there is none yet, no class has a picture.
    """

    def __init__(self, store: Path) -> None:
        self._rows: dict[str, list[int]] = {}
        self._store = None
        self.small = False  # so small that they are shown larger, pixel by pixel
        self.note = "no pictures: this experiment has no image store yet"
        self._png = lru_cache(maxsize=8192)(self._encode)
        if (store / "meta.json").exists():
            self._open(store)

    def _open(self, folder: Path) -> None:
        self._store = ImageStore.open(folder)
        classes = np.asarray(self._store.train_classes)
        order = np.argsort(classes, kind="stable")
        starts = np.searchsorted(classes[order], np.arange(len(self._store.classes) + 1))
        self._rows = {
            wnid: order[starts[index] : starts[index + 1]][:PER_CLASS].tolist()
            for index, wnid in enumerate(self._store.classes)
        }
        self.small = self._store.resolution < SMALL
        side, kind = self._store.resolution, self._store.meta.get("kind", "")
        self.note = f"{kind} pictures at {side}×{side} pixels".strip()

    def count(self, wnid: str) -> int:
        """How many pictures there are of a class, at most six."""
        return len(self._rows.get(wnid, ()))

    def png(self, wnid: str, number: int) -> bytes:
        """Picture `number` (from 0) of a class; UserError if there is none."""
        if not 0 <= number < self.count(wnid):
            raise UserError("there is no such picture")
        return self._png(self._rows[wnid][number])

    def _encode(self, row: int) -> bytes:
        file = io.BytesIO()
        Image.fromarray(np.asarray(self._store.train[row])).save(file, "PNG")
        return file.getvalue()
