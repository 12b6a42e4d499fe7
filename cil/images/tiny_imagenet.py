"""Tiny ImageNet: 200 classes at 64×64 pixels, from its zip as it is, or unpacked.

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
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from cil.errors import UserError
from cil.files import files_below
from cil.images.parallel import Decoded, version_of
from cil.images.pixels import load_picture
from cil.images.store import SPLITS
from cil.sources.fetch import RemoteFile

ARCHIVE = RemoteFile(
    name="tiny-imagenet-200.zip",
    url="http://cs231n.stanford.edu/tiny-imagenet-200.zip",
    size=248100043,
    checksum="90528d7ca1a48142e341f4ef8d21d0de",  # the sum in use by published loaders
    algorithm="md5",
)
SIDE = 64

_NAME = "tiny-imagenet-200/"
_TRAIN = re.compile(r"train/(?P<wnid>[^/]+)/(?:images/)?(?P<file>[^/]+)")
_VAL = re.compile(r"val/(?:(?P<wnid>n\d{8})/)?(?:images/)?(?P<file>[^/]+)")
_PICTURES = (".jpeg", ".jpg", ".png")
# No member of the official archive comes near; more means a zip bomb.
_MOST_BYTES, _MOST_BYTES_OF_LISTS = 1 << 20, 1 << 24


class TinyImageNetArchive:
    """The zip, or the folder that it was unpacked to, opened for reading; a context manager.

    Its root may be missing or doubled, its names may have backslashes, and the pictures in val may
    have been sorted into folders of classes: all of these circulate.

    Raises UserError, naming the file and the reason, wherever the archive is not what it
    should be: no zip, cut off, damaged, of another layout, or made to do harm.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._zip = None if self.path.is_dir() else _open_zip(self.path)
        names = self._zip.namelist() if self._zip else map(str, files_below(self.path))
        # The files by their place below the root, with "/" between folders.
        places = {name.replace("\\", "/"): name for name in names if "__MACOSX/" not in name}
        if self._zip is None:
            places = {place[len(str(self.path)) + 1 :]: name for place, name in places.items()}
        lists = [place for place in places if re.fullmatch(r"(.*/)?wnids\.txt", place)]
        self._root = root = min(lists, key=len, default=f"{_NAME}wnids.txt").removesuffix(
            "wnids.txt"
        )
        self._names = {
            place[len(root) :]: name for place, name in places.items() if place.startswith(root)
        }

    def __enter__(self) -> "TinyImageNetArchive":
        return self

    def __exit__(self, *_: object) -> None:
        if self._zip:
            self._zip.close()

    def read(self, name: str) -> bytes:
        """The content of one file, by its name in `members`."""
        most = _MOST_BYTES_OF_LISTS if name.endswith(".txt") else _MOST_BYTES
        try:
            with self._zip.open(name) if self._zip else Path(name).open("rb") as file:
                # The size that the archive states may be a lie: read no more than is allowed.
                content = file.read(most + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
            raise UserError(
                f"{self._called(name)} is damaged ({error}); fetch {ARCHIVE.name} again"
            ) from None
        if len(content) > most:
            raise UserError(
                f"{self._called(name)} unpacks to more than {most} bytes; it is no picture or list "
                "of Tiny ImageNet, and was refused"
            )
        return content

    def _called(self, name: str) -> str:
        return f"{self.path}: {name}" if self._zip else name

    @cached_property
    def wnids(self) -> list[str]:
        """The classes in the order of wnids.txt."""
        wnids = self._lines("wnids.txt")
        if not wnids:
            raise UserError(f"{self._called(self._names['wnids.txt'])} is empty")
        return wnids

    def members(self, split: str) -> dict[str, list[str]]:
        """The names of the pictures in "train" or "val" by wnid, in a fixed order."""
        return self._by_class[split]

    @property
    def parts(self) -> list[str]:
        """What is read of a folder, relative to it."""
        return [f"{self._root}{part}" for part in ("wnids.txt", *SPLITS)]

    @cached_property
    def _by_class(self) -> dict[str, dict[str, list[str]]]:
        known = set(self.wnids)
        true = None  # the classes of the pictures in val, if they are not in folders of their own
        found: dict[str, dict[str, list[str]]] = {split: defaultdict(list) for split in SPLITS}
        for place in sorted(self._names, key=_natural):
            if Path(place).suffix.lower() not in _PICTURES:
                continue
            if match := _TRAIN.fullmatch(place):
                split, wnid = "train", match["wnid"]
            elif match := _VAL.fullmatch(place):
                split, wnid = "val", match["wnid"]
                if not wnid:
                    true = self._annotations() if true is None else true
                    wnid = true.get(match["file"])
            else:
                continue
            name = self._names[place]
            if wnid not in known:
                raise UserError(
                    f"{self._called(name)} is of class {wnid}, which is not in "
                    f"{self._names['wnids.txt']}"
                )
            found[split][wnid].append(name)
        return found

    def _annotations(self) -> dict[str, str]:
        """The wnid of each picture in val."""
        return dict(line.split("\t")[:2] for line in self._lines("val/val_annotations.txt", 2))

    def _lines(self, place: str, columns: int = 1) -> list[str]:
        if place not in self._names:
            raise UserError(
                f"{self.path}: lacks {_NAME}{place}; this is not Tiny ImageNet, or not all of it"
            )
        name = self._names[place]
        try:
            text = self.read(name).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UserError(f"{self._called(name)} is not a text file ({error})") from None
        lines = [line for line in text.splitlines() if line.strip()]
        for number, line in enumerate(lines, start=1):
            if len(line.split("\t")) < columns:
                raise UserError(
                    f"{self._called(name)}, line {number}: expected a file name, a tab and a wnid, "
                    f"found {line[:60]!r}"
                )
        return [line.strip() for line in lines]

    def splits(
        self,
        classes: Sequence[str],
        resolution: int,
        threads: int | None = None,
        known: Callable[[str], Callable[[str], np.ndarray | None]] = lambda split: lambda v: None,
    ) -> dict[str, Decoded[str]]:
        """Chunks of the pictures of `classes` by split; other classes are left out.

        Raises UserError at once if a class has no picture in a split. `known` gives of a split
        the pixels that were decoded before.
        """
        for split in SPLITS:
            without = [wnid for wnid in classes if not self.members(split).get(wnid)]
            if without:
                raise UserError(
                    f"{self.path}: {len(without)} of {len(classes)} classes have no picture in "
                    f"{split}: {', '.join(without[:5])}{' …' * (len(without) > 5)}; list the "
                    "classes to use in dataset.classes"
                )
        return {
            split: Decoded(
                [(name, n) for n, wnid in enumerate(classes) for name in self.members(split)[wnid]],
                lambda name: load_picture(self.read(name), self._called(name), resolution, SIDE),
                self._version,
                f"{split} pictures",
                threads,
                known(split),
            )
            for split in SPLITS
        }

    def _version(self, name: str) -> str:
        if self._zip is None:
            return version_of(name)
        about = self._zip.getinfo(name)
        return f"{name}\0{about.file_size}\0{about.CRC}"


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise UserError(
            f"{path}: there is no such file; dataset.path names Tiny ImageNet's zip, or the folder "
            "it was unpacked to, or is left empty to download it"
        ) from None
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UserError(
            f"{path}: not a whole zip file ({error}); fetch {ARCHIVE.name} again"
        ) from None
    for name in archive.namelist():
        parts = name.replace("\\", "/").split("/")
        if not parts[0] or ".." in parts:
            archive.close()
            raise UserError(
                f"{path}: holds a file named {name!r}, which points outside the archive; "
                "this is not Tiny ImageNet's zip, and nothing of it was used"
            )
    return archive


def _natural(name: str) -> list[int | str]:
    """Sorts val_2 before val_10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
