"""Pictures of a class to show to people, in the best quality that the data set has."""

import io
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from cil.errors import UserError
from cil.images.folder import PictureFolder, read_picture
from cil.images.store import ImageStore
from cil.images.tiny_imagenet import TinyImageNetArchive


class SamplePictures:
    """Sample pictures of the data set whose image store is given.

    They come as the data set has them, from the place that the store's meta.json names: Tiny
    ImageNet's 64×64 pixels, or files of any size. Where that place is gone, or holds no files of
    single pictures, they are the store's own pixels.
    """

    def __init__(self, store: ImageStore) -> None:
        self.store = store

    def pick(self, wnid: str, count: int, split: str = "val") -> list[bytes]:
        """Up to `count` pictures of a class as the content of JPEG or PNG files, always the same.

        Raises UserError if the store has no such class.
        """
        if wnid not in self.store.classes:
            raise UserError(f"{self.store.folder}: has no class {wnid}")
        source = Path(self.store.meta["source"])
        if self.store.meta["kind"] == "tiny-imagenet" and source.exists():
            names = self._archive.members(split)[wnid]
            return [self._archive.read(name) for name in names[:count]]
        if self.store.meta["kind"] == "image-folder" and source.is_dir():
            return [read_picture(file) for file in self._folder.files(split, wnid)[:count]]
        pictures, classes = getattr(self.store, split), getattr(self.store, f"{split}_classes")
        index = self.store.classes.index(wnid)
        return [_png(pictures[place]) for place in np.flatnonzero(classes == index)[:count]]

    @cached_property
    def _folder(self) -> PictureFolder:
        return PictureFolder(self.store.meta["source"])

    @cached_property
    def _archive(self) -> TinyImageNetArchive:
        return TinyImageNetArchive(self.store.meta["source"])


def _png(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.asarray(pixels)).save(content, "PNG")
    return content.getvalue()
