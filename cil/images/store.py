"""The image store: a data set's pictures as memory-mapped arrays, the same for every source.

    train.npy, val.npy                  N×S×S×3 uint8, RGB
    train_classes.npy, val_classes.npy  N int64, the class `index` of each picture
    meta.json                           what is in them and where it comes from; written last

Reading needs numpy and the standard library alone, as training runs on bare GPU machines.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np

from cil.errors import UserError
from cil.files import atomic_path, write_json
from cil.images.unfinished import DamagedPictures, Unfinished

if TYPE_CHECKING:
    from cil.images.parallel import Decoded

logger = logging.getLogger(__name__)

SPLITS = ("train", "val")
_META = "meta.json"
_HEADER_BYTES = 128

# Pictures n×S×S×3 uint8 and the class index of each.
Chunk = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class ImageStore:
    """A store opened for reading. Arrays are memory maps: slices are read when touched."""

    folder: Path
    meta: dict[str, Any]
    train: np.ndarray
    train_classes: np.ndarray
    val: np.ndarray
    val_classes: np.ndarray

    @property
    def classes(self) -> list[str]:
        """The wnids in the order of the class index."""
        return self.meta["classes"]

    @property
    def resolution(self) -> int:
        """The side of every picture in pixels."""
        return self.meta["resolution"]

    def sha256(self, split: str) -> str:
        """The SHA-256 of all pixels of a split; empty in a store of before there was one."""
        return self.meta.get("sha256", {}).get(split, "")

    @classmethod
    def open(cls, folder: str | Path) -> "ImageStore":
        """Open the store in `folder`.

        Raises UserError if a file is missing or damaged, or if shapes, dtypes, lengths or
        class indices do not agree with each other and with meta.json.
        """
        folder = Path(folder)
        meta = _read_meta(folder / _META)
        side, n_classes = meta["resolution"], len(meta["classes"])
        arrays: dict[str, np.ndarray] = {}
        for split in SPLITS:
            length = meta["pictures"][split]
            pictures = _read_array(folder / f"{split}.npy", np.uint8, (length, side, side, 3))
            classes = _read_array(folder / f"{split}_classes.npy", np.int64, (length,))
            if length and not (classes.min() >= 0 and classes.max() < n_classes):
                raise _damaged(
                    folder / f"{split}_classes.npy",
                    f"holds class {classes.min()} to {classes.max()}; there are {n_classes} "
                    "classes from 0 on",
                )
            arrays |= {split: pictures, f"{split}_classes": classes}
        return cls(folder=folder, meta=meta, **arrays)


def write_store(
    folder: str | Path,
    splits: Mapping[str, Iterable[Chunk]],
    classes: Sequence[str],
    resolution: int,
    about: Mapping[str, Any],
    unfinished: Unfinished | None = None,
) -> None:
    """Write a store of the pictures in `splits` ("train", "val"), chunk by chunk.

    Args:
        classes: wnids in the order of the class index.
        resolution: the side of every picture in pixels.
        about: what meta.json says beside that: `kind`, `synthetic`, `description`, `source`.
        unfinished: where sound pictures go if others are damaged; their splits are `Decoded`.

    No more than a chunk is held in memory. `folder` gets all files or none; meta.json, which
    makes it a store, comes last. Raises UserError if a class has no picture in a split, and
    DamagedPictures, for both splits at once, if any are.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _META).unlink(missing_ok=True)
    counts, sha256, faults = {}, {}, []
    with ExitStack() as whole:
        files = {
            name: whole.enter_context(atomic_path(folder / f"{name}.npy"))
            for split in SPLITS
            for name in (split, f"{split}_classes")
        }
        for split in SPLITS:
            targets = (files[split], files[f"{split}_classes"])
            try:
                counts[split], sha256[split] = _write_split(
                    targets, splits[split], len(classes), resolution
                )
            except DamagedPictures as damaged:
                faults += damaged.faults
        if faults:
            if unfinished:
                for split in SPLITS:
                    versions = cast("Decoded[Any]", splits[split]).versions
                    unfinished.keep(split, files[split], _HEADER_BYTES, versions)
            raise DamagedPictures(faults)
        for split in SPLITS:
            without = [wnid for wnid, n in zip(classes, counts[split], strict=True) if not n]
            if without:
                raise UserError(
                    f"{about['source']}: {len(without)} of {len(classes)} classes have no picture "
                    f"in {split}: {', '.join(without[:5])}{' …' * (len(without) > 5)}; add "
                    "pictures, or list the classes to use in dataset.classes"
                )
    pictures = {split: int(counts[split].sum()) for split in SPLITS}
    meta = {
        "resolution": resolution,
        "pictures": pictures,
        "sha256": sha256,
        **about,
        "classes": list(classes),
    }
    write_json(meta, folder / _META)
    if unfinished:
        unfinished.remove()
    logger.info("%s: %s at %d×%d pixels", folder, pictures, resolution, resolution)


def _write_split(
    paths: Sequence[Path], chunks: Iterable[Chunk], n_classes: int, resolution: int
) -> tuple[np.ndarray, str]:
    """Write the pictures and the classes of one split to two files.

    Returns how many pictures each class has, and the SHA-256 of all pixels.
    """
    counts, digest = np.zeros(n_classes, np.int64), hashlib.sha256()
    with ExitStack() as files:
        targets = [files.enter_context(path.open("wb")) for path in paths]
        for target in targets:
            target.write(bytes(_HEADER_BYTES))
        for pictures, classes in chunks:
            expected = (len(classes), resolution, resolution, 3)
            if pictures.shape != expected or pictures.dtype != np.uint8:
                raise ValueError(f"chunk of {pictures.dtype} {pictures.shape}, not {expected}")
            counts += np.bincount(classes, minlength=n_classes)
            pixels = np.ascontiguousarray(pictures)
            digest.update(pixels)
            # numpy's own tofile does not say why it cannot write.
            targets[0].write(pixels)
            targets[1].write(classes.astype("<i8"))
        total = int(counts.sum())
        _write_header(targets[0], "|u1", (total, resolution, resolution, 3))
        _write_header(targets[1], "<i8", (total,))
    return counts, digest.hexdigest()


def _write_header(file: BinaryIO, dtype: str, shape: tuple[int, ...]) -> None:
    """The header of the .npy format 1.0, written when the length is known."""
    text = str({"descr": dtype, "fortran_order": False, "shape": shape})
    text = text.ljust(_HEADER_BYTES - 11) + "\n"
    file.seek(0)
    file.write(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode("latin-1"))


def _read_meta(path: Path) -> dict[str, Any]:
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
        lengths = [meta["pictures"][split] for split in SPLITS]
        numbers = [meta["resolution"], *lengths]
        sound = all(isinstance(number, int) and number >= 0 for number in numbers)
        sound = sound and isinstance(meta.get("sha256", {}), dict)
        if not (sound and isinstance(meta["classes"], list)):
            raise TypeError("a length, the checksums or the class list are of another type")
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file, so this is no image store") from None
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, f"not the description of an image store ({error!r})") from None
    return meta


def _read_array(path: Path, dtype: type, shape: tuple[int, ...]) -> np.ndarray:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file; make the image store anew") from None
    except (ValueError, OSError, EOFError) as error:
        raise _damaged(path, f"not a whole array ({error})") from None
    if array.dtype != dtype or array.shape != shape:
        raise _damaged(
            path,
            f"holds {array.dtype} {array.shape}, but meta.json says {np.dtype(dtype)} {shape}",
        )
    return array


def _damaged(path: Path, reason: str) -> UserError:
    return UserError(f"{path}: {reason}; delete the folder {path.parent} and run again")


def in_chunks(pictures: np.ndarray, classes: np.ndarray, size: int = 4096) -> Iterator[Chunk]:
    """Cut arrays into chunks of at most `size` pictures."""
    for start in range(0, len(pictures), size):
        yield pictures[start : start + size], classes[start : start + size]
