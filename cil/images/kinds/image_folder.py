"""Kind `image-folder`: pictures of any size in folders by class."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from cil.images.folder import PictureFolder, folder_splits
from cil.images.kind import Kind, Opened, Raw, about
from cil.images.pixels import RESAMPLING


@contextmanager
def _open(raw: Raw) -> Iterator[Opened]:
    splits = folder_splits(raw.path, raw.wnids, raw.side, raw.threads, raw.known)
    yield splits, about(f"Pictures in {raw.path}", raw.path, resampling=RESAMPLING)


def _classes(path: str) -> Iterable[str]:
    return PictureFolder(path).classes()


def _parts(path: str, classes: Sequence[str]) -> list[str]:
    return PictureFolder(path).parts(classes)


KIND = Kind(
    _open,
    summary=(
        "train/<wnid>/* and val/<wnid>/* at any size, or all of val in one folder, with official "
        'names or a list of lines "<picture> <wnid>" (val.txt, LOC_val_solution.csv) beside it'
    ),
    in_words="a folder of pictures",
    classes=_classes,
    parts=_parts,
)
