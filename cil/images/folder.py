"""Pictures in folders: train/<wnid>/* and val/<wnid>/*, of any size, as original ImageNet comes."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from cil.errors import UserError
from cil.images.parallel import decoded
from cil.images.pixels import load_picture
from cil.images.store import SPLITS, Chunk


def class_folders(path: str | Path, split: str) -> dict[str, Path]:
    """The folders below `path`/`split` by name; each is named after the wnid of its class.

    Raises UserError if there are none, or if a file lies among them.
    """
    root = Path(path) / split
    if not root.is_dir():
        raise UserError(
            f"{root}: there is no such folder; an image folder has train/<wnid>/ and val/<wnid>/ "
            "(dataset.path names the folder above them)"
        )
    folders = {entry.name: entry for entry in sorted(root.iterdir()) if entry.is_dir()}
    if not folders:
        raise UserError(f"{root}: holds no folder; expected one per class, named after its wnid")
    return folders


def folder_splits(
    path: str | Path, classes: Sequence[str], resolution: int, threads: int | None = None
) -> dict[str, Iterator[Chunk]]:
    """Chunks of the pictures of `classes` by split, resized in parallel.

    Folders of other classes are left out. Raises UserError, when read, for a class without a
    folder and for a file that is not a whole picture.
    """
    return {split: _read_split(Path(path), split, classes, resolution, threads) for split in SPLITS}


def _read_split(
    path: Path, split: str, classes: Sequence[str], resolution: int, threads: int | None
) -> Iterator[Chunk]:
    files = [
        (file, index)
        for index, wnid in enumerate(classes)
        for file in picture_files(path, split, wnid)
    ]

    def decode(file: Path) -> np.ndarray:
        return load_picture(read_picture(file), file, resolution)

    return decoded(files, decode, len(files), f"{split} pictures", threads)


def picture_files(path: str | Path, split: str, wnid: str) -> list[Path]:
    """The picture files of a class, sorted by name; hidden files are none.

    Raises UserError if the class has no folder.
    """
    folder = Path(path) / split / wnid
    try:
        return sorted(file for file in folder.iterdir() if not file.name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(
            f"{folder}: there is no such folder, but {wnid} is a class of the experiment; add "
            "its pictures, or list the classes to use in dataset.classes"
        ) from None


def read_picture(file: Path) -> bytes:
    """The content of a picture file; UserError if it is none that can be read, such as a folder."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise UserError(
            f"{file}: cannot be read: {error.strerror}; expected pictures themselves in "
            f"{file.parent}"
        ) from None
