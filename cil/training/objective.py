"""What training makes small."""

from typing import NamedTuple

from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate

from cil.training.augment import crop_and_flip, normalise
from cil.training.recipe import Recipe


class Batch(NamedTuple):
    """What a step learns from; with mixup one picture more than the batch.

    pictures: uint8 (batch, side, side, 3), as stored. With mixup each is mixed with the one
    before it, and the first is there for the second alone. targets: int64, the label of each.
    top, left, flip: where each is cropped, and whether it is mirrored. mix: mixup's share of a
    picture itself, one for all.
    """

    pictures: Tensor
    targets: Tensor
    top: Tensor
    left: Tensor
    flip: Tensor
    mix: Tensor


def batch_loss(network: nn.Module, recipe: Recipe, batch: Batch, side: int) -> Tensor:
    """The mean loss of `network` on a batch, shown at `side` × `side` pixels."""
    pictures, targets, top, left, flip, mix = batch
    inputs = normalise(crop_and_flip(pictures, top, left, flip, recipe.crop_padding))
    if side != pictures.shape[1]:
        inputs = interpolate(inputs, size=(side, side), mode="bilinear", antialias=True)
    smoothing = recipe.label_smoothing
    if not recipe.mixup:
        return cross_entropy(network(inputs).float(), targets, label_smoothing=smoothing)
    logits = network(mix * inputs[1:] + (1 - mix) * inputs[:-1]).float()
    loss = cross_entropy(logits, targets[1:], label_smoothing=smoothing)
    other = cross_entropy(logits, targets[:-1], label_smoothing=smoothing)
    return mix * loss + (1 - mix) * other
