"""Which pictures an epoch shows in which order, and how it distorts them.

All chance of an epoch is drawn at once from (seed, epoch), on the CPU, in numpy: the same on
every device, for any number of threads, and nothing to save in a checkpoint.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from cil.training.recipe import Recipe

# The authors' trainer normalises with these (mean and deviation of ImageNet, RGB, 0 to 1).
MEAN = (0.4810, 0.4574, 0.4078)
STD = (0.2146, 0.2104, 0.2138)

Plan = TypeVar("Plan")


@dataclass(frozen=True)
class EpochPlan:
    """One epoch's order and chances; position i of each array belongs to order[i].

    order: int64 (pictures,); flip: bool; top, left: int64 offsets of the crop into the padded
    picture, 0 to 2 × padding; mix: float32 (steps,), the share of a picture itself in mixup.
    In batches, all but mix are (steps, pictures of a batch).
    """

    order: Tensor
    flip: Tensor
    top: Tensor
    left: Tensor
    mix: Tensor

    @classmethod
    def draw(cls, recipe: Recipe, seed: int, epoch: int, pictures: int, steps: int) -> "EpochPlan":
        """The plan of `epoch`, a function of its arguments alone."""
        chance = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, epoch])))
        order = chance.permutation(pictures)
        flip = chance.random(pictures) < 0.5
        offsets = chance.integers(0, 2 * recipe.crop_padding + 1, (2, pictures))
        mix = chance.beta(recipe.mixup, recipe.mixup, steps) if recipe.mixup else np.ones(steps)
        top, left = torch.from_numpy(offsets)
        return cls(
            order=torch.from_numpy(order),
            flip=torch.from_numpy(flip & recipe.flip),
            top=top,
            left=left,
            mix=torch.from_numpy(mix.astype(np.float32)),
        )

    def in_batches(self, batch: int, rank: int, size: int, before: bool) -> "EpochPlan":
        """What process `rank` of `size` does: of each batch an equal slice.

        `before` puts the picture before the slice first, for the slice's first one to be mixed
        with; before the first of a batch is the last.
        """
        steps, share = len(self.mix), batch // size

        def own(values: Tensor) -> Tensor:
            batches = values[: steps * batch].view(steps, batch)
            if before:
                batches = torch.cat([batches[:, -1:], batches], 1)
            return batches[:, rank * share : (rank + 1) * share + before].contiguous()

        return replace(
            self,
            order=own(self.order),
            flip=own(self.flip),
            top=own(self.top),
            left=own(self.left),
        )

    def of_step(self, step: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Of a plan in batches, what step `step` does: order, top, left, flip, mix."""
        return (
            self.order[step],
            self.top[step],
            self.left[step],
            self.flip[step],
            self.mix[step],
        )

    def to(self, device: torch.device) -> "EpochPlan":
        """The plan on `device`."""
        parts = vars(self).items()
        return EpochPlan(**{name: part.to(device, non_blocking=True) for name, part in parts})


class PlansAhead(Generic[Plan]):
    """The plans of the epochs, each made in a thread while the epoch before it trains."""

    def __init__(self, make: Callable[[int], Plan], epochs: int) -> None:
        """`make` gives the plan of an epoch, out of its number alone; there are `epochs`."""
        self._make, self._epochs = make, epochs
        self._thread = ThreadPoolExecutor(1, "plan")
        self._ahead: dict[int, Future[Plan]] = {}

    def take(self, epoch: int) -> Plan:
        """The plan of `epoch`; begins with that of the next."""
        plan = self._ahead.pop(epoch, None) or self._thread.submit(self._make, epoch)
        self._ahead.clear()
        if epoch + 1 < self._epochs:
            self._ahead[epoch + 1] = self._thread.submit(self._make, epoch + 1)
        return plan.result()


def crop_and_flip(pictures: Tensor, top: Tensor, left: Tensor, flip: Tensor, pad: int) -> Tensor:
    """Random crops of the padded `pictures` (N×H×W×3 uint8), some mirrored; the same shape."""
    count, height, width, _ = pictures.shape
    if pad:
        pictures = torch.nn.functional.pad(pictures, (0, 0, pad, pad, pad, pad))
    across = torch.arange(width, device=pictures.device)
    columns = torch.where(flip[:, None], width - 1 - across, across) + left[:, None]
    rows = torch.arange(height, device=pictures.device) + top[:, None]
    each = torch.arange(count, device=pictures.device)[:, None, None]
    return pictures[each, rows[:, :, None], columns[:, None, :]]


def normalise(pictures: Tensor) -> Tensor:
    """N×H×W×3 uint8 to N×3×H×W float32 in the memory format channels_last, normalised."""
    mean, std = (255 * _filled(values, pictures.device) for values in (MEAN, STD))
    return ((pictures - mean) * (1 / std)).permute(0, 3, 1, 2)


def _filled(values: tuple[float, ...], device: torch.device) -> Tensor:
    """The values on `device`, without a copy from the host, which a CUDA graph does not allow."""
    return torch.stack([torch.full((), value, device=device) for value in values])
