"""Starting from the weights of another training."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cil.errors import UserError
from cil.files import sha256_of
from cil.training.checkpoint import read_tensors
from cil.training.data import Labelling
from cil.training.networks.network import Head, heads
from cil.training.recipe import Recipe


def checksum(parent: Path) -> str:
    """The SHA-256 of a model that is to be finetuned; UserError if there is none."""
    try:
        return sha256_of(parent)
    except OSError as error:
        raise UserError(
            f"{parent}: no readable model ({error.strerror}); name the model.safetensors of a "
            "training"
        ) from None


def start_from(network: nn.Module, parent: Path, labelling: Labelling, recipe: Recipe) -> None:
    """Give `network` the weights of the model in the file `parent`, but for its last layers.

    A last layer stays as it is (`init: random`) or starts where summing the parent's
    probabilities leaves off (`init: merged`). Raises UserError if the parent is of another
    network, or was trained on other classes.
    """
    tensors, notes = read_tensors(parent)
    last = tuple(f"{name}." for name in heads(network))
    own = network.state_dict()
    body = {name: value for name, value in tensors.items() if not name.startswith(last)}
    for name in own.keys() | body.keys():
        if name.startswith(last):
            continue
        found = tuple(body[name].shape) if name in body else "missing"
        wanted = tuple(own[name].shape) if name in own else "not in the network"
        if found != wanted:
            raise UserError(
                f"{parent}: its weights do not fit network {recipe.network} of width "
                f"{recipe.width}: {name} is {found}, expected {wanted}; give the run the "
                "network and width of the run that it finetunes"
            )
    network.load_state_dict(own | body)
    if recipe.init == "merged":
        before = _labels_before(notes, parent, labelling)
        for name, layer in heads(network).items():
            _merge(layer, tensors[f"{name}.weight"], tensors.get(f"{name}.bias"), before, labelling)


def _labels_before(notes: Mapping[str, Any], parent: Path, labelling: Labelling) -> np.ndarray:
    """The parent's label number of every class; UserError if its classes are not the run's."""
    if "class_to_label" not in notes:
        raise UserError(
            f"{parent}: it does not say which class had which label; finetune a model that this "
            "package has trained, or set init: random"
        )
    before = np.asarray(notes["class_to_label"])
    if len(before) != len(labelling.labels):
        raise UserError(
            f"{parent}: it was trained on {len(before)} classes, the run's label set has "
            f"{len(labelling.labels)}; finetune a run of the same data set"
        )
    # Models of earlier versions do not name their classes.
    for old, new in zip(notes.get("classes", ()), labelling.classes, strict=False):
        if old != new:
            raise UserError(
                f"{parent}: it was trained on other classes: {old} where the run has {new}; "
                "finetune a run of the same data set, or set init: random"
            )
    return before


def _merge(
    layer: Head, rows: Tensor, biases: Tensor | None, before: np.ndarray, labelling: Labelling
) -> None:
    """Set `layer` to the mean of the parent's `rows` and `biases` of each label's classes."""
    with torch.no_grad():
        for label in range(len(labelling.names)):
            merged = torch.from_numpy(np.unique(before[labelling.labels == label]))
            layer.weight[label] = rows[merged].mean(0)
            if biases is not None:
                # The sum of k equal probabilities is k times one: log k on the logit.
                layer.bias[label] = biases[merged].mean() + np.log(len(merged))
