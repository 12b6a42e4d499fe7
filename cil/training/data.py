"""Pictures and labels as arrays, and batches of them on the device that trains."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cil.errors import UserError
from cil.files import read_json
from cil.images.store import ImageStore


@dataclass(frozen=True)
class Split:
    """Pictures with their classes: images uint8 (N, side, side, 3), classes int (N,).

    `sha256` is that of all pictures, if their image store names it.
    """

    images: np.ndarray
    classes: np.ndarray
    sha256: str = ""

    def __post_init__(self) -> None:
        shape, dtype = self.images.shape, self.images.dtype
        if dtype != np.uint8 or len(shape) != 4 or shape[1] != shape[2] or shape[3] != 3:
            raise UserError(
                f"pictures: found {dtype} {shape}; expected uint8 (pictures, side, side, 3); "
                "make the image store anew"
            )
        if self.classes.shape != shape[:1] or not len(self.classes):
            raise UserError(
                f"pictures: found {shape[0]} pictures and {len(self.classes)} classes; expected "
                "as many of each, and at least one; make the image store anew"
            )

    @classmethod
    def pair(cls, store: ImageStore) -> tuple["Split", "Split"]:
        """The training and the validation pictures of an image store."""
        return (
            cls(store.train, store.train_classes, store.sha256("train")),
            cls(store.val, store.val_classes, store.sha256("val")),
        )

    @property
    def side(self) -> int:
        """Height and width of the pictures in pixels."""
        return self.images.shape[1]


@dataclass(frozen=True)
class Labelling:
    """A label set as training sees it: labels[class] is the number of the class's label.

    `names` has one name per label, for messages alone; `classes` the wnid of every class, or
    none where they are not known.
    """

    labels: np.ndarray
    names: tuple[str, ...]
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        numbers = np.unique(self.labels)
        if not np.array_equal(numbers, np.arange(len(self.names))):
            raise UserError(
                f"label set: {len(self.names)} labels are named, but the classes' label numbers "
                f"are {len(numbers)} from {numbers.min()} to {numbers.max()}; expected 0 to "
                f"{len(self.names) - 1} without a gap"
            )

    @classmethod
    def read(cls, path: str | Path, classes: Sequence[str]) -> "Labelling":
        """The label file {wnid: label} at `path`, for `classes` in the order of their index.

        Labels are numbered in the order of their first class. Raises UserError if a class has
        no label, or the file is of another kind.
        """
        file = read_json(path)
        if not isinstance(file, dict):
            raise UserError(
                f"{path}: found a {type(file).__name__}; expected an object {{wnid: label}} with "
                "the label of every class; name a label file (labels/<label set>.json)"
            )
        without = [wnid for wnid in classes if not isinstance(file.get(wnid), str)]
        if without:
            raise UserError(
                f"{path}: {len(without)} of {len(classes)} classes of the pictures have no label: "
                f"{', '.join(without[:5])}; use the label set of this data set"
            )
        number = {
            name: index for index, name in enumerate(dict.fromkeys(file[wnid] for wnid in classes))
        }
        labels = np.array([number[file[wnid]] for wnid in classes])
        return cls(labels, tuple(number), tuple(classes))

    def of(self, classes: np.ndarray) -> Tensor:
        """The label numbers (int64) of `classes`; UserError for a class without a label."""
        if classes.min() < 0 or classes.max() >= len(self.labels):
            raise UserError(
                f"label set: it has {len(self.labels)} classes, but the pictures' classes run "
                f"from {classes.min()} to {classes.max()}; use the label set of this data set"
            )
        return torch.from_numpy(self.labels[classes].astype(np.int64))


def fingerprint(split: Split) -> str:
    """A SHA-256 that changes with the classes, the size and the pictures of `split`.

    It covers all pictures by the checksum that their image store names, and in any case up to
    4,096 evenly spread ones as they are now.
    """
    digest = hashlib.sha256(f"{split.images.shape}{split.sha256}".encode())
    digest.update(np.ascontiguousarray(split.classes, dtype=np.int64).tobytes())
    spread = np.linspace(0, len(split.images) - 1, min(4096, len(split.images))).astype(int)
    digest.update(np.ascontiguousarray(split.images[spread]).tobytes())
    return digest.hexdigest()


class Feeder:
    """Batches of pictures on a device, in a given order.

    Where all pictures fit on a GPU they stay there as uint8. Otherwise threads gather the
    next batches out of the (memory-mapped) array while the device computes; their number
    changes nothing but the speed.
    """

    AHEAD = 2  # batches per thread that wait, gathered, for the device

    def __init__(
        self, images: np.ndarray, device: torch.device, threads: int, place: str = "auto"
    ) -> None:
        self.images, self.device, self.threads = images, device, threads
        self.resident: Tensor | None = None
        if place == "device" or (place == "auto" and _fits(images.nbytes, device)):
            self.resident = _upload(images, device)

    def batches(
        self, rows: Iterable[Tensor], on_device: Iterable[Tensor] | None = None
    ) -> Iterator[Tensor]:
        """For each tensor of row numbers uint8 pictures (batch, side, side, 3) on the device.

        `rows` are on the host; to look up pictures that are on the device by rows sent there at
        every step would let it wait for the host, so `on_device` may give the same rows there.
        """
        if self.resident is not None:
            for batch in rows if on_device is None else on_device:
                yield self.resident[batch.to(self.device)]
            return
        with ThreadPoolExecutor(self.threads) as pool:
            waiting: list[Future[Tensor]] = []
            for batch in rows:
                waiting.append(pool.submit(self._gather, batch.numpy()))
                if len(waiting) > self.AHEAD * self.threads:
                    yield self._send(waiting.pop(0))
            while waiting:
                yield self._send(waiting.pop(0))

    def _gather(self, rows: np.ndarray) -> Tensor:
        pictures = torch.from_numpy(np.take(self.images, rows, axis=0))
        return pictures.pin_memory() if self.device.type == "cuda" else pictures

    def _send(self, pictures: "Future[Tensor]") -> Tensor:
        return pictures.result().to(self.device, non_blocking=True)


def _fits(size: int, device: torch.device) -> bool:
    """Whether `size` bytes take at most half of a GPU's free memory."""
    return device.type == "cuda" and size < 0.5 * torch.cuda.mem_get_info(device)[0]


def _upload(images: np.ndarray, device: torch.device) -> Tensor:
    """The array on the device, sent in pieces so that host memory holds only one of them."""
    resident = torch.empty(images.shape, dtype=torch.uint8, device=device)
    piece = max(1, 2**28 // images[0].nbytes)
    for start in range(0, len(images), piece):
        part = np.array(images[start : start + piece])
        resident[start : start + piece].copy_(torch.from_numpy(part))
    return resident
