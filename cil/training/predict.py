"""A network's answers to many pictures, and how good they are."""

import logging
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from cil.training.augment import normalise
from cil.training.data import Feeder
from cil.training.devices import memory
from cil.training.devices.precision import autocast
from cil.training.devices.team import Team
from cil.training.networks.network import heads
from cil.training.recipe import Recipe

logger = logging.getLogger(__name__)


@torch.no_grad()
def predict(network: nn.Module, feeder: Feeder, recipe: Recipe, team: Team) -> Tensor:
    """The logits (pictures × labels, float32, on the device) for all pictures of `feeder`.

    A team takes the batches in turn; everyone gets all of the logits. Where memory runs out the
    batches become smaller, which changes no more than the last bits.
    """
    was_training = network.training
    network.eval()
    labels = next(iter(heads(network).values())).out_features
    logits = torch.zeros(len(feeder.images), labels, device=feeder.device)
    batches = torch.arange(len(feeder.images)).split(_batch(feeder))
    for rows, part in _answers(network, feeder, recipe, batches[team.rank :: team.size]):
        logits[rows] = part
    network.train(was_training)
    return team.sum(logits)


def _batch(feeder: Feeder) -> int:
    """How many pictures at a time: on a GPU no more pixels than 4,096 pictures of 64 × 64 have."""
    if feeder.device.type == "cpu":
        return 256
    return min(4096, max(1, 4096 * 64**2 // feeder.images[0, ..., 0].size))


def _answers(
    network: nn.Module, feeder: Feeder, recipe: Recipe, batches: Sequence[Tensor]
) -> Iterator[tuple[Tensor, Tensor]]:
    """The logits of each batch of row numbers, after these; of halves where memory runs out."""
    done = 0
    try:
        for pictures in feeder.batches(batches):
            with autocast(recipe.precision, feeder.device):
                logits = network(normalise(pictures)).float()
            yield batches[done], logits
            done += 1
        return
    except (RuntimeError, MemoryError) as error:
        size = len(batches[done])
        if size == 1 or not memory.ran_out(error):
            raise
    memory.let_go()
    logger.info("out of memory; showing the validation pictures %d at a time", size // 2)
    rest = torch.cat(list(batches[done:])).split(size // 2)
    yield from _answers(network, feeder, recipe, rest)


@torch.no_grad()
def score(logits: Tensor, targets: Tensor) -> dict[str, float]:
    """Cross-entropy, top-1 and top-5 of `logits`; the top 5 of fewer labels are all of them."""
    rank = (logits > logits.gather(1, targets[:, None])).sum(1)
    return {
        "val_loss": nn.functional.cross_entropy(logits, targets).item(),
        "top1": (logits.argmax(1) == targets).cpu().double().mean().item(),
        "top5": (rank < 5).cpu().double().mean().item(),
    }


def as_array(logits: Tensor) -> np.ndarray:
    """The logits as a numpy array in host memory."""
    return logits.cpu().numpy()
