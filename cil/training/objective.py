"""What training makes small."""

from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate

from cil.training.augment import normalise
from cil.training.recipe import Recipe


def batch_loss(
    network: nn.Module,
    recipe: Recipe,
    pictures: Tensor,
    targets: Tensor,
    mix: Tensor,
    side: int | None = None,
) -> Tensor:
    """The mean loss of `network` on a batch.

    Args:
        pictures: uint8 (batch, side, side, 3); with mixup one more than the batch: each is
            mixed with the one before it, and the first is there for the second alone.
        targets: int64, the label of each of the pictures.
        mix: mixup's share of a picture itself.
        side: the pictures' side in pixels to train at, if not their own.
    """
    inputs = normalise(pictures)
    if side:
        inputs = interpolate(inputs, size=(side, side), mode="bilinear", antialias=True)
    smoothing = recipe.label_smoothing
    if not recipe.mixup:
        return cross_entropy(network(inputs).float(), targets, label_smoothing=smoothing)
    logits = network(mix * inputs[1:] + (1 - mix) * inputs[:-1]).float()
    loss = cross_entropy(logits, targets[1:], label_smoothing=smoothing)
    other = cross_entropy(logits, targets[:-1], label_smoothing=smoothing)
    return mix * loss + (1 - mix) * other
