"""Pictures whose classes are known, to try a classifier on."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cil.classifier.classifier import Preprocessing, open_picture
from cil.errors import UserError
from cil.files import read_text
from cil.images.found import is_picture, pictures_below

_WNID = re.compile(r"n\d{8}")
_LISTS = (".csv", ".txt", ".tsv")
BATCH = 16


@dataclass(frozen=True)
class LabelledPictures:
    """Picture files with the wnid of the class that each shows."""

    files: Sequence[Path]
    wnids: Sequence[str]

    def __len__(self) -> int:
        return len(self.files)

    def batches(self, preprocessing: Preprocessing, size: int = BATCH) -> Iterator[np.ndarray]:
        """The inputs for a network, float32 (pictures, 3, side, side), `size` at a time."""
        for start in range(0, len(self), size):
            yield np.stack(
                [
                    preprocessing(open_picture(file.read_bytes(), file, preprocessing.resize))
                    for file in self.files[start : start + size]
                ]
            )

    def some(self, count: int) -> "LabelledPictures":
        """About so many, from all parts."""
        if len(self) <= count:
            return self
        chosen = np.linspace(0, len(self) - 1, count).astype(int).tolist()
        return LabelledPictures([self.files[i] for i in chosen], [self.wnids[i] for i in chosen])


def labelled_pictures(place: Path, classes: Sequence[str]) -> LabelledPictures:
    """The pictures in a folder or a list, with the classes that it gives them.

    A folder has its pictures in folders named by wnid, or by the number of the class in
    `classes`, at any depth. A list (.csv, .tsv, .txt) has a picture and its wnid or number on each
    line; paths are relative to the list.

    Raises UserError if there are none, or a class is none of `classes`.
    """
    if place.is_file() and place.suffix in _LISTS:
        found = list(_in_list(place, classes))
    elif place.is_dir():
        found = list(_in_folder(place, classes))
    else:
        raise UserError(
            f"{place}: expected a folder with a folder of pictures per class, or a list "
            f"({', '.join(_LISTS)}) with a picture and its wnid on each line"
        )
    if not found:
        raise UserError(
            f"{place}: no pictures in folders named by wnid, such as n01440764, or by class number"
        )
    files, wnids = zip(*found, strict=True)
    return LabelledPictures(files, wnids)


def _in_folder(folder: Path, classes: Sequence[str]) -> Iterator[tuple[Path, str]]:
    for path in pictures_below(folder):
        wnid = _class_of(path, folder, classes)
        if wnid is None:
            raise UserError(
                f"{path}: lies in no folder that is named by a wnid or class number; expected "
                f"{folder}/<wnid>/{path.name}"
            )
        if wnid not in classes:
            raise UserError(f"{path}: {wnid} is none of the {len(classes):,} classes")
        yield path, wnid


def _class_of(path: Path, folder: Path, classes: Sequence[str]) -> str | None:
    for name in reversed(path.relative_to(folder).parts[:-1]):
        if _WNID.fullmatch(name):
            return name
        if name.isdecimal() and int(name) < len(classes):
            return classes[int(name)]
    return None


def _in_list(path: Path, classes: Sequence[str]) -> Iterator[tuple[Path, str]]:
    text = read_text(path)
    dialect = "," if "," in text else "\t" if "\t" in text else " "
    for number, row in enumerate(csv.reader(text.splitlines(), delimiter=dialect), 1):
        cells = [cell.strip() for cell in row if cell.strip()]
        if not cells:
            continue
        wnid = cells[-1] if len(cells) > 1 else ""
        if wnid.isdecimal() and int(wnid) < len(classes):
            wnid = classes[int(wnid)]
        if wnid not in classes:
            if number == 1 and not is_picture(path.parent / cells[0]):
                continue  # a heading
            raise UserError(
                f"{path}, line {number}: found {row!r:.80}; expected a picture and its wnid, or "
                f"the number of its class, below {len(classes):,}"
            )
        file = path.parent / cells[0]
        if not file.is_file():
            raise UserError(f"{path}, line {number}: there is no file {file}")
        yield file, wnid
