"""A network's answers to many pictures, and how good they are."""

import numpy as np
import torch
from torch import Tensor, nn

from cil.training.augment import normalise
from cil.training.data import Feeder
from cil.training.machine import autocast
from cil.training.network import head_name
from cil.training.recipe import Recipe
from cil.training.team import Team

EVALUATION_BATCH = {"cuda": 4096, "cpu": 256}


@torch.no_grad()
def predict(network: nn.Module, feeder: Feeder, recipe: Recipe, team: Team) -> Tensor:
    """The logits (pictures × labels, float32, on the device) for all pictures of `feeder`.

    A team takes the batches in turn; everyone gets all of the logits.
    """
    was_training = network.training
    network.eval()
    rows = torch.arange(len(feeder.images)).split(EVALUATION_BATCH[feeder.device.type])
    own = range(team.rank, len(rows), team.size)
    parts = {}
    for number, pictures in zip(own, feeder.batches(rows[team.rank :: team.size]), strict=True):
        with autocast(recipe, feeder.device):
            parts[number] = network(normalise(pictures)).float()
    network.train(was_training)
    if team.size == 1:
        return torch.cat(list(parts.values()))
    labels = network.get_submodule(head_name(network)).out_features
    logits = torch.zeros(len(feeder.images), labels, device=feeder.device)
    for number, part in parts.items():
        logits[rows[number]] = part
    return team.sum(logits)


@torch.no_grad()
def score(logits: Tensor, targets: Tensor) -> dict[str, float]:
    """Cross-entropy, top-1 and top-5 of `logits`; the top 5 of fewer labels are all of them."""
    rank = (logits > logits.gather(1, targets[:, None])).sum(1)
    return {
        "val_loss": nn.functional.cross_entropy(logits, targets).item(),
        "top1": (logits.argmax(1) == targets).double().mean().item(),
        "top5": (rank < 5).double().mean().item(),
    }


def as_array(logits: Tensor) -> np.ndarray:
    """The logits as a numpy array in host memory."""
    return logits.cpu().numpy()
