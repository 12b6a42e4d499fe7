"""Starting from the weights of another training."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from cil.errors import UserError
from cil.training.checkpoint import read_tensors
from cil.training.data import Labelling
from cil.training.network import head_name
from cil.training.recipe import Recipe


def start_from(network: nn.Module, parent: Path, labelling: Labelling, recipe: Recipe) -> None:
    """Give `network` the weights of the model in the file `parent`, but for its last layer.

    The last layer stays as it is (`init: random`) or starts where summing the parent's
    probabilities leaves off (`init: merged`). Raises UserError if the parent is of another
    network, or was trained on other classes.
    """
    tensors, notes = read_tensors(parent)
    head = head_name(network)
    own = network.state_dict()
    body = {name: value for name, value in tensors.items() if not name.startswith(f"{head}.")}
    for name in own.keys() | body.keys():
        if name.startswith(f"{head}."):
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
        _merge_head(network.get_submodule(head), tensors, head, parent, notes, labelling)


def _merge_head(
    layer: nn.Linear,
    tensors: dict[str, Tensor],
    head: str,
    parent: Path,
    notes: dict,
    labelling: Labelling,
) -> None:
    before = np.asarray(notes["class_to_label"])
    if len(before) != len(labelling.labels):
        raise UserError(
            f"{parent}: it was trained on {len(before)} classes, the run's label set has "
            f"{len(labelling.labels)}; finetune a run of the same data set"
        )
    rows, biases = tensors[f"{head}.weight"], tensors.get(f"{head}.bias")
    with torch.no_grad():
        for label in range(len(labelling.names)):
            merged = torch.from_numpy(np.unique(before[labelling.labels == label]))
            layer.weight[label] = rows[merged].mean(0)
            if biases is not None:
                # The sum of k equal probabilities is k times one: log k on the logit.
                layer.bias[label] = biases[merged].mean() + np.log(len(merged))
