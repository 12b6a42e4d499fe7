"""Pictures in folders: train/<wnid>/* and val/<wnid>/*, of any size, as original ImageNet comes.

`val` may be flat, as the official archive unpacks, if a list beside it or the official names of
the pictures tell their classes (cil/images/flat.py).
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from cil.errors import UserError
from cil.images.flat import classes_of_pictures
from cil.images.found import is_left_behind
from cil.images.parallel import Decoded, version_of
from cil.images.pixels import load_picture
from cil.images.store import SPLITS

_WNID = re.compile(r"n\d{8}")
_SHOWN = 10
_PACKED = (".tar", ".tar.gz", ".tgz", ".zip")
_LISTS = (".txt", ".csv", ".tsv", ".json", ".md", ".xml", ".yaml", ".yml")


class PictureFolder:
    """The folder `path` of pictures: train/<wnid>/* and val/<wnid>/*, or a flat val.

    Raises UserError that names all that is not as it should be, when it is asked for.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def classes(self) -> list[str]:
        """The wnids of the classes that are there, sorted: the folders in train.

        Raises UserError for a class that is still packed, that only val has, or that is a link
        to nowhere: it would be missing in silence.
        """
        faults, found = [], set()
        for entry in self._entries(self.path / "train"):
            if fault := _no_class(entry):
                faults.append(fault)
            elif entry.is_dir():
                found.add(entry.name)
        if not found and not faults:
            raise UserError(
                f"{self.path / 'train'}: holds no folder; expected one per class, named after its "
                "wnid"
            )
        faults += [
            f"{self.path / 'val'}: has pictures of {wnid}, but train has none"
            for wnid in sorted(self._in_val() - found)
        ]
        _refuse(faults)
        return sorted(found)

    def files(self, split: str, wnid: str) -> list[str]:
        """The picture files of a class, sorted by name; hidden files are none.

        Raises UserError if the class has no folder, or if a picture is none that can be read.
        """
        faults: list[str] = []
        files = self._files(split, wnid, faults)
        _refuse(faults)
        return files

    def listing(self, classes: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
        """The picture files of `classes` with the index of their class, by split.

        Raises UserError, before a picture is opened, if a class has no picture in a split, or if
        anything among the pictures is none.
        """
        faults: list[str] = []
        listed = {
            split: [
                (file, index)
                for index, wnid in enumerate(classes)
                for file in self._files(split, wnid, faults)
            ]
            for split in SPLITS
        }
        _refuse(faults)
        return listed

    def parts(self, classes: Sequence[str]) -> list[str]:
        """The folders that are read for `classes`, relative to this one."""
        val = ["val"] if self._flat_val is not None else [f"val/{wnid}" for wnid in classes]
        return [*(f"train/{wnid}" for wnid in classes), *val]

    def _files(self, split: str, wnid: str, faults: list[str]) -> list[str]:
        if split == "val" and self._flat_val is not None:
            files = self._flat_val.get(wnid, [])
        else:
            folder = self.path / split / wnid
            if not folder.is_dir():
                packed = [name for end in _PACKED if (name := Path(f"{folder}{end}")).exists()]
                faults.append(
                    f"{packed[0]}: is still packed; unpack it to {folder}/"
                    if packed
                    else f"{folder}: there is no such folder, but {wnid} is a class of the "
                    "experiment; add its pictures, or list the classes to use in dataset.classes"
                )
                return []
            entries = sorted(self._entries(folder), key=lambda entry: entry.name)
            faults += [_no_picture(entry) for entry in entries if not entry.is_file()]
            files = [entry.path for entry in entries]
        if not files:
            faults.append(
                f"{self.path / split}: no picture of {wnid}; add pictures, or list the classes to "
                "use in dataset.classes"
            )
        return files

    @cached_property
    def _flat_val(self) -> dict[str, list[str]] | None:
        """The pictures in val by class, if they are not in folders."""
        val = self.path / "val"
        entries = self._entries(val)
        names = [e.name for e in entries if not e.is_dir() and not e.name.endswith(_LISTS)]
        if not names or any(_WNID.fullmatch(e.name) and e.is_dir() for e in entries):
            return None
        classes = classes_of_pictures(val, names)
        by_class: dict[str, list[str]] = {}
        for name in sorted(names):
            by_class.setdefault(classes[name], []).append(str(val / name))
        return by_class

    def _in_val(self) -> set[str]:
        if not (self.path / "val").is_dir():
            return set()
        if self._flat_val is not None:
            return set(self._flat_val)
        names = {entry.name for entry in self._entries(self.path / "val")}
        return {name[:9] for name in names if _WNID.match(name)}

    @staticmethod
    def _entries(folder: Path) -> list[os.DirEntry]:
        try:
            with os.scandir(folder) as entries:
                return [entry for entry in entries if not is_left_behind(entry.name)]
        except OSError as error:
            raise UserError(
                f"{folder}: there is no such folder; an image folder has train/<wnid>/ and "
                "val/<wnid>/ (dataset.path names the folder above them)"
                if isinstance(error, FileNotFoundError | NotADirectoryError)
                else f"{folder}: cannot be read: {error.strerror}"
            ) from None


def folder_splits(
    path: str | Path,
    classes: Sequence[str],
    resolution: int,
    threads: int | None = None,
    known: Callable[[str], Callable[[str], np.ndarray | None]] = lambda split: lambda version: None,
) -> dict[str, Decoded[str]]:
    """Chunks of the pictures of `classes` by split, resized in parallel.

    Folders of other classes are left out. Raises UserError at once for a class without a folder
    or pictures, and, when read, for all files that are not whole pictures.

    `known` gives of a split the pixels that were decoded before.
    """

    def decode(file: str) -> np.ndarray:
        return load_picture(read_picture(file), file, resolution)

    return {
        split: Decoded(files, decode, version_of, f"{split} pictures", threads, known(split))
        for split, files in PictureFolder(path).listing(classes).items()
    }


def read_picture(file: str | Path) -> bytes:
    """The content of a picture file; UserError if it is none that can be read, such as a folder."""
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror}") from None


def _no_class(entry: os.DirEntry) -> str:
    """Why what lies in train is no class, or empty: it is one, or a list of some kind."""
    if entry.is_dir():
        named = _WNID.fullmatch(entry.name)
        return "" if named else f"{entry.path}: is not named after a wnid, such as n01440764"
    if entry.is_symlink() and not entry.is_file():
        return f"{entry.path}: is a link that leads nowhere"
    for end in _PACKED:
        if entry.name.endswith(end):
            return f"{entry.path}: is still packed; unpack it to {entry.path.removesuffix(end)}/"
    return (
        ""
        if entry.name.endswith(_LISTS)
        else f"{entry.path}: lies outside of the folders of the classes"
    )


def _no_picture(entry: os.DirEntry) -> str:
    what = "a folder" if entry.is_dir() else "a link that leads nowhere"
    parent = Path(entry.path).parent
    tiny = entry.is_dir() and entry.name == "images"
    hint = "; of Tiny ImageNet, dataset.kind is tiny-imagenet" if tiny else ""
    return f"{entry.path}: is {what}; expected pictures themselves in {parent}{hint}"


def _refuse(faults: Iterable[str]) -> None:
    faults = list(faults)
    more = [f"and {len(faults) - _SHOWN:,} more"] if len(faults) > _SHOWN else []
    lines: Iterator[str] = iter([*faults[:_SHOWN], *more])
    if len(faults) == 1:
        raise UserError(faults[0])
    if faults:
        raise UserError("the pictures are not as they should be:\n  - " + "\n  - ".join(lines))
