"""What counts as a picture in a folder, for all of the project."""

import os
from collections.abc import Iterator
from pathlib import Path

from cil.files import files_below

# What operating systems and notebooks leave in folders; hidden files are passed over as well.
LEFT_BEHIND = {"__MACOSX", "Thumbs.db", "desktop.ini", "@eaDir", "lost+found"}
SUFFIXES = {
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"),
    *(".avif", ".heic", ".heif"),
}


def is_picture(path: str | os.PathLike[str]) -> bool:
    """Whether a file is meant to be a picture, by its name."""
    name = Path(path)
    return name.suffix.lower() in SUFFIXES and not is_left_behind(name.name)


def is_left_behind(name: str) -> bool:
    """Whether a file or folder of that name is no matter of its owner's."""
    return name.startswith(".") or name in LEFT_BEHIND


def pictures_below(folder: str | Path) -> Iterator[Path]:
    """The pictures in a folder and in those below it, sorted by path.

    Raises UserError for a folder that cannot be read.
    """
    for path in files_below(folder):
        parts = path.relative_to(folder).parts
        if is_picture(path) and not any(map(is_left_behind, parts)):
            yield path
