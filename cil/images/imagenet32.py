"""Downsampled ImageNet: batch files of all 1,000 classes at 8, 16, 32 or 64 pixels.

    train_data_batch_1 … train_data_batch_10, val_data    pickles, or the same with .npz

Each holds `data` (N × 3·S² uint8, channel planes) and `labels` (1 to 1000). **Labels follow the
order of the ILSVRC development kit** (kit fox is 1), which map_clsloc.txt gives.

Source: Chrabaszcz, Loshchilov and Hutter (2017), arXiv:1707.08819.
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from cil.errors import UserError
from cil.files import read_text
from cil.images.npz import open_npz
from cil.images.safe_pickle import load_arrays
from cil.images.store import Chunk

logger = logging.getLogger(__name__)

N_CLASSES = 1000
SIDES = (8, 16, 32, 64)
BATCHES = {
    "train": [f"train_data_batch_{number}" for number in range(1, 11)],
    "val": ["val_data"],
}
PICTURES = {"train": 1_281_167, "val": 50_000}  # in the official files
_CHUNK = 4096

# MD5 sums seen of the official pickles, by side. Other sets of the same names circulate, made with
# other resampling.
OFFICIAL_MD5 = {
    16: {
        "train_data_batch_1": "27846dcaa50de8e21a7d1a35f30f0e91",
        "val_data": "3410e3017fdaefba8d5073aaa65e4bd6",
    },
    32: {
        "train_data_batch_1": "dd6683a336ab645d336f7b47c67d8456",
        "train_data_batch_2": "b9b1f5ad237638a41e80944fc03b42af",
        "train_data_batch_3": "e33306a0f4234b5c5812a32845bfbd04",
        "train_data_batch_4": "4db6d81c460a5170a03ef03e1ddd21dd",
        "train_data_batch_5": "baa0f1d06099f55e5fe50d43fca4d334",
        "train_data_batch_6": "bba3bc6e83e0703df1ec7e277e0b6800",
        "train_data_batch_7": "48dd0fd4511b39d518dbabba2f5b36b7",
        "train_data_batch_8": "46583e44f926baaeacbf8c333dc6110f",
        "train_data_batch_9": "7c82c36ce028b457204f1080d1793669",
        "train_data_batch_10": "14e3a6ce19d584ba97208a1d9f551e63",
        "val_data": "4836a1eec28cd4476eb017126cd0f059",
    },
}


def read_class_order(path: str | Path) -> list[str]:
    """The wnids by label, label 1 first, from lines "wnid label name" (map_clsloc.txt).

    Raises UserError unless every label from 1 to 1000 has one wnid.
    """
    order: dict[int, str] = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        try:
            wnid, label, *_ = line.split()
            known = order.setdefault(int(label), wnid)
        except ValueError:
            raise UserError(
                f"{path}, line {number}: found {line[:60]!r}; expected 'wnid label name'"
            ) from None
        if known != wnid:
            raise UserError(f"{path}, line {number}: label {label} has two classes")
    if sorted(order) != list(range(1, N_CLASSES + 1)) or len(set(order.values())) != N_CLASSES:
        raise UserError(f"{path}: expected a class for each label from 1 to {N_CLASSES}")
    return [order[label] for label in range(1, N_CLASSES + 1)]


class DownsampledImageNet:
    """The batch files in `folder`, pickles or .npz.

    Args:
        class_order: the wnids by label, label 1 first.
        side: of every picture in pixels.

    Raises UserError if a batch is missing; the errors of its content come when it is read.
    """

    def __init__(self, folder: str | Path, class_order: Sequence[str], side: int) -> None:
        if side not in SIDES:
            raise UserError(
                f"dataset.resolution: {side}; Downsampled ImageNet has {', '.join(map(str, SIDES))}"
            )
        self.folder, self.class_order, self.side = Path(folder), list(class_order), side
        self.files = {
            split: [_find(self.folder, name) for name in names] for split, names in BATCHES.items()
        }

    def unofficial_files(self) -> list[str]:
        """Names of the files whose MD5 is not the one seen of the official file; warns of them."""
        known = OFFICIAL_MD5.get(self.side, {})
        others = []
        for path in (path for paths in self.files.values() for path in paths):
            if path.name in known:
                with path.open("rb") as file:
                    found = hashlib.file_digest(file, "md5").hexdigest()
                if found != known[path.name]:
                    others.append(path.name)
        if others:
            logger.warning(
                "%s: not the official files by their MD5: %s; perhaps of another resampling",
                self.folder,
                ", ".join(others),
            )
        return others

    def splits(self, classes: Sequence[str]) -> dict[str, Iterator[Chunk]]:
        """Chunks of the pictures of `classes` by split, in file order; others are left out.

        Raises UserError for a class that the data set does not have.
        """
        strangers = sorted(set(classes) - set(self.class_order))
        if strangers:
            raise UserError(
                f"dataset.classes: Downsampled ImageNet has no class {', '.join(strangers[:5])}"
                f"{' …' * (len(strangers) > 5)}; its classes are the {N_CLASSES} of imagenet-1k"
            )
        index = {wnid: index for index, wnid in enumerate(classes)}
        by_label = np.array([-1, *(index.get(wnid, -1) for wnid in self.class_order)], np.int64)
        return {split: self._read_split(split, by_label) for split in BATCHES}

    def _read_split(self, split: str, by_label: np.ndarray) -> Iterator[Chunk]:
        total = 0
        for path in tqdm(self.files[split], desc=f"{split} batches", unit=" files"):
            labels, rows = _read_batch(path, self.side)
            total += len(labels)
            if total > PICTURES[split]:
                raise UserError(
                    f"{path}: brings the {split} pictures to {total}, more than the "
                    f"{PICTURES[split]} of Downsampled ImageNet; it is another file"
                )
            start = 0
            for pixels in rows:
                classes = by_label[labels[start : start + len(pixels)]]
                start += len(pixels)
                wanted = classes >= 0
                yield _upright(pixels[wanted], self.side), classes[wanted]
            # Or this batch would still be in memory while the next one comes.
            del rows, pixels


def batch_files(folder: Path) -> list[Path]:
    """The batch files in `folder`; UserError if one is missing."""
    return [_find(folder, name) for names in BATCHES.values() for name in names]


def _find(folder: Path, name: str) -> Path:
    """The batch file `name` in `folder`, or in one of the folders that the zips unpack to."""
    files = (name, f"{name}.npz")
    found = [path for file in files if (path := folder / file).is_file()]
    found = found or sorted(path for file in files for path in folder.glob(f"*/{file}"))
    if len({path.parent for path in found}) > 1:
        raise UserError(
            f"{folder}: holds {name} several times, as {' and '.join(map(str, found[:2]))}; name "
            "the folder of one set of files, or keep one"
        )
    if found:
        return found[0]
    raise UserError(
        f"{folder / name}: there is no such file, nor {name}.npz; dataset.path names the "
        f"folder of Downsampled ImageNet's files train_data_batch_1 to 10 and val_data (from "
        "image-net.org, with an account)"
    )


def _upright(rows: np.ndarray, side: int) -> np.ndarray:
    """n × 3·side² channel planes as n×side×side×3."""
    return rows.reshape(len(rows), 3, side, side).transpose(0, 2, 3, 1)


def _read_batch(path: Path, side: int) -> tuple[np.ndarray, Iterator[np.ndarray]]:
    """The labels (N int64) of a batch file, and its rows (n × 3·side² uint8) in chunks."""
    if path.suffix == ".npz":
        arrays = open_npz(path)
        _require_keys(path, arrays)
        labels, data = arrays["labels"].read(), arrays["data"]
        rows = data.chunks(_CHUNK)
    else:
        batch = load_arrays(path)
        _require_keys(path, batch)
        labels, data = batch["labels"], batch["data"]
        rows = (data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK))
    if not _is_pictures(data):
        raise UserError(f"{path}: its data is no table of uint8 rows, one for each picture")
    if data.shape[1] != 3 * side * side:
        raise UserError(
            f"{path}: wrong image size: its rows have {data.shape[1]} bytes, but a picture of "
            f"{side}×{side} pixels (dataset.resolution) has {3 * side * side}"
        )
    return _checked_labels(path, labels, data.shape[0]), rows


def _require_keys(path: Path, batch: object) -> None:
    if not isinstance(batch, dict) or not {"data", "labels"} <= batch.keys():
        found = f"keys {sorted(map(str, batch))}" if isinstance(batch, dict) else type(batch)
        raise UserError(f"{path}: expected the keys data and labels, found {found}")


def _is_pictures(data: Any) -> bool:
    return getattr(data, "dtype", None) == np.uint8 and len(data.shape) == 2


def _checked_labels(path: Path, labels: Any, n_pictures: int) -> np.ndarray:
    try:
        labels = np.asarray(labels)
    except ValueError:
        labels = np.empty(0, object)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise UserError(f"{path}: its labels are no list of whole numbers")
    if len(labels) != n_pictures:
        raise UserError(f"{path}: has {n_pictures} pictures and {len(labels)} labels")
    if not n_pictures:
        raise UserError(f"{path}: holds no picture")
    outside = np.flatnonzero((labels < 1) | (labels > N_CLASSES))
    if len(outside):
        row = int(outside[0])
        raise UserError(
            f"{path}: picture {row} has label {labels[row]}, outside 1 to {N_CLASSES} (as have "
            f"{len(outside)} of {n_pictures})"
        )
    return labels.astype(np.int64)
