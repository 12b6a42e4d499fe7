"""What a training leaves in its folder for others to read, and for itself to find again.

Whoever starts a training may have removed its model before, because an input is newer. So that
nothing is trained twice, every file of a finished training has a second name in `.finished/`, and
`record.json` there says which training it was and what its files hold.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from cil.files import atomic_path, read_json, sha256_of, write_csv, write_json
from cil.training.checkpoint import write_tensors
from cil.training.predict import as_array

HISTORY = (
    "epoch",
    "learning_rate",
    "train_loss",
    "val_loss",
    "top1",
    "top5",
    "images_per_second",
    "seconds",
)


class Artifacts:
    """The files of one trained network in `folder`, each written whole or not at all."""

    def __init__(self, folder: str | Path) -> None:
        folder = Path(folder)
        self.history = folder / "history.csv"
        self.model = folder / "model.safetensors"
        self.logits = folder / "logits.npy"
        self.metrics = folder / "metrics.json"
        self._finished = folder / ".finished"
        self.kept_metrics = self._finished / self.metrics.name

    def _all(self) -> tuple[Path, ...]:
        return self.history, self.model, self.logits, self.metrics

    def write_history(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write a row per epoch so far."""
        write_csv(rows, self.history, HISTORY)

    def write(
        self,
        weights: Mapping[str, Tensor],
        notes: Mapping[str, Any],
        logits: Tensor,
        metrics: Mapping[str, Any],
    ) -> None:
        """Write the network, its answers to the validation pictures, and what is said of it.

        Args:
            notes: stand in the head of the model file.
            logits: pictures × labels, float32.
        """
        write_tensors(self.model, weights, notes)
        array = as_array(logits)
        with atomic_path(self.logits) as temporary, temporary.open("wb") as file:
            # As np.save writes it, whose error on a full disk has no number, however.
            header = np.lib.format.header_data_from_array_1_0(array)
            np.lib.format.write_array_header_1_0(file, header)
            file.write(array)
        write_json(metrics, self.metrics)

    def keep(self, training: str) -> None:
        """Make what is here findable as that of the finished training of this name."""
        shutil.rmtree(self._finished, ignore_errors=True)
        self._finished.mkdir()
        for path in self._all():
            _link(path, self._finished / path.name)
        sums = {path.name: sha256_of(path) for path in self._all()}
        write_json({"training": training, "sha256": sums}, self._finished / "record.json")

    def kept(self, training: str) -> bool:
        """Whether the files of the finished training of this name can be found, and are sound."""
        record = self._finished / "record.json"
        if not record.exists():
            return False
        known = read_json(record)
        kept = [self._finished / path.name for path in self._all()]
        return known["training"] == training and all(
            path.exists() and sha256_of(path) == known["sha256"].get(path.name) for path in kept
        )

    def restore(self) -> None:
        """Put the files of the finished training, which are kept, in their places."""
        for path in self._all():
            with atomic_path(path) as temporary:
                temporary.unlink()
                _link(self._finished / path.name, temporary)


def _link(source: Path, target: Path) -> None:
    """Give a file, which nobody writes to any more, a second name; where that fails, copy it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
