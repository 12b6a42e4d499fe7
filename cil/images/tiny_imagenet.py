"""Tiny ImageNet: 200 classes at 64×64 pixels, read from the official zip without unpacking it.

    tiny-imagenet-200/wnids.txt
    tiny-imagenet-200/train/<wnid>/images/<wnid>_<n>.JPEG
    tiny-imagenet-200/val/val_annotations.txt    file name, wnid, box
    tiny-imagenet-200/val/images/val_<n>.JPEG

Its `test` pictures have no labels and are left out.
"""

import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from cil.errors import UserError
from cil.images.parallel import decoded
from cil.images.pixels import load_picture
from cil.images.store import SPLITS, Chunk
from cil.sources.fetch import RemoteFile

ARCHIVE = RemoteFile(
    name="tiny-imagenet-200.zip",
    url="http://cs231n.stanford.edu/tiny-imagenet-200.zip",
    size=248100043,
    checksum="90528d7ca1a48142e341f4ef8d21d0de",  # the sum in use by published loaders
    algorithm="md5",
)
SIDE = 64

_ROOT = "tiny-imagenet-200/"
_TRAIN = re.compile(_ROOT + r"train/(?P<wnid>[^/]+)/images/[^/]+\.JPEG")
_VAL = re.compile(_ROOT + r"val/images/(?P<file>[^/]+\.JPEG)")
# No member of the official archive comes near; more means a zip bomb.
_MOST_BYTES = {".JPEG": 1 << 20, ".txt": 1 << 24}


class TinyImageNetArchive:
    """The zip opened for reading; a context manager.

    Raises UserError, naming the file and the reason, wherever the archive is not what it
    should be: no zip, cut off, damaged, of another layout, or made to do harm.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self._zip = zipfile.ZipFile(self.path)
        except FileNotFoundError:
            raise UserError(
                f"{self.path}: there is no such file; dataset.path names Tiny ImageNet's zip, or "
                "is left empty to download it"
            ) from None
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise UserError(
                f"{self.path}: not a whole zip file ({error}); fetch {ARCHIVE.name} again"
            ) from None
        for name in self._zip.namelist():
            parts = name.replace("\\", "/").split("/")
            if not parts[0] or ".." in parts:
                self._zip.close()
                raise UserError(
                    f"{self.path}: holds a file named {name!r}, which points outside the archive; "
                    "this is not Tiny ImageNet's zip, and nothing of it was used"
                )

    def __enter__(self) -> "TinyImageNetArchive":
        return self

    def __exit__(self, *_) -> None:
        self._zip.close()

    def read(self, name: str) -> bytes:
        """The content of one member."""
        most = _MOST_BYTES.get(Path(name).suffix, 0)
        try:
            with self._zip.open(name) as file:
                # The size that the archive states may be a lie: read no more than is allowed.
                content = file.read(most + 1)
        except KeyError:
            raise UserError(
                f"{self.path}: lacks {name}; this is not Tiny ImageNet's zip, or not all of it"
            ) from None
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
            raise UserError(
                f"{self.path}: {name} is damaged ({error}); fetch {ARCHIVE.name} again"
            ) from None
        if len(content) > most:
            raise UserError(
                f"{self.path}: {name} unpacks to more than {most} bytes; it is no picture or list "
                "of Tiny ImageNet, and was refused"
            )
        return content

    @cached_property
    def wnids(self) -> list[str]:
        """The classes in the order of wnids.txt."""
        wnids = self._lines("wnids.txt")
        if not wnids:
            raise UserError(f"{self.path}: {_ROOT}wnids.txt is empty")
        return wnids

    def members(self, split: str) -> dict[str, list[str]]:
        """The names of the pictures in "train" or "val" by wnid, in a fixed order."""
        return self._by_class[split]

    @cached_property
    def _by_class(self) -> dict[str, dict[str, list[str]]]:
        known = set(self.wnids)
        true = dict(line.split("\t")[:2] for line in self._lines("val/val_annotations.txt", 2))
        found: dict[str, dict[str, list[str]]] = {split: defaultdict(list) for split in SPLITS}
        for name in sorted(self._zip.namelist(), key=_natural):
            if match := _TRAIN.fullmatch(name):
                split, wnid = "train", match["wnid"]
            elif match := _VAL.fullmatch(name):
                split, wnid = "val", true.get(match["file"])
            else:
                continue
            if wnid not in known:
                raise UserError(
                    f"{self.path}: {name} is of class {wnid}, which is not in {_ROOT}wnids.txt"
                )
            found[split][wnid].append(name)
        return found

    def _lines(self, name: str, columns: int = 1) -> list[str]:
        name = f"{_ROOT}{name}"
        try:
            lines = [line for line in self.read(name).decode("utf-8").splitlines() if line.strip()]
        except UnicodeDecodeError as error:
            raise UserError(f"{self.path}: {name} is not a text file ({error})") from None
        for number, line in enumerate(lines, start=1):
            if len(line.split("\t")) < columns:
                raise UserError(
                    f"{self.path}: {name}, line {number}: expected a file name, a tab and a wnid, "
                    f"found {line[:60]!r}"
                )
        return lines

    def splits(
        self, classes: Sequence[str], resolution: int, threads: int | None = None
    ) -> dict[str, Iterator[Chunk]]:
        """Chunks of the pictures of `classes` by split; other classes are left out."""
        return {split: self._read_split(split, classes, resolution, threads) for split in SPLITS}

    def _read_split(
        self, split: str, classes: Sequence[str], side: int, threads: int | None
    ) -> Iterator[Chunk]:
        members = self.members(split)
        names = [
            (name, index) for index, wnid in enumerate(classes) for name in members.get(wnid, [])
        ]

        def decode(name: str) -> np.ndarray:
            return load_picture(self.read(name), f"{self.path}: {name}", side, original=SIDE)

        return decoded(names, decode, len(names), f"{split} pictures", threads)


def _natural(name: str) -> list[int | str]:
    """Sorts val_2 before val_10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
