"""Kind `image-folder`: pictures of any size in folders by class."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from cil.images.folder import class_folders, folder_splits
from cil.images.kind import Kind, Opened, Raw, about
from cil.images.pixels import RESAMPLING


@contextmanager
def _open(raw: Raw) -> Iterator[Opened]:
    splits = folder_splits(raw.path, raw.wnids, raw.side, raw.threads)
    yield splits, about(f"Pictures in {raw.path}", raw.path, resampling=RESAMPLING)


def _classes(path: str) -> Iterable[str]:
    return class_folders(path, "train")


KIND = Kind(
    _open,
    summary="train/<wnid>/* and val/<wnid>/* at any size",
    in_words="a folder of pictures",
    classes=_classes,
)
