"""What a training leaves in its folder for others to read."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from cil.files import atomic_path, read_json, write_csv, write_json
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

    def are_of(self, training: str) -> bool:
        """Whether all are there, and come from the training of this name."""
        if not all(path.exists() for path in vars(self).values()):
            return False
        return read_json(self.metrics).get("training") == training
