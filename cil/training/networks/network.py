"""Networks for small pictures, built on torchvision's and timm's."""

import copy
import logging
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from cil.errors import UserError
from cil.training import schedule
from cil.training.devices import memory
from cil.training.networks.architectures import SMALL, by_name
from cil.training.networks.stems import adapt_stem, initialised, replace
from cil.training.recipe import Recipe

logger = logging.getLogger(__name__)

RESNETS = {
    "resnet18": (BasicBlock, (2, 2, 2, 2)),
    "resnet34": (BasicBlock, (3, 4, 6, 3)),
    "resnet50": (Bottleneck, (3, 4, 6, 3)),
    "resnet101": (Bottleneck, (3, 4, 23, 3)),
    "resnet152": (Bottleneck, (3, 8, 36, 3)),
}


class WideOrNarrowResNet(ResNet):
    """torchvision's ResNet with `width` channels in the first stage instead of 64."""

    def __init__(
        self,
        block: type[BasicBlock | Bottleneck],
        layers: tuple[int, ...],
        labels: int,
        width: int,
    ) -> None:
        self._width = width
        super().__init__(block, list(layers), num_classes=labels)
        self.conv1 = initialised(nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False))
        self.bn1 = nn.BatchNorm2d(width)
        self.fc = nn.Linear(8 * width * block.expansion, labels)

    def _make_layer(
        self,
        block: type[BasicBlock | Bottleneck],
        planes: int,
        blocks: int,
        stride: int = 1,
        dilate: bool = False,
    ) -> nn.Sequential:
        if planes == 64:
            self.inplanes = self._width
        return super()._make_layer(block, planes * self._width // 64, blocks, stride, dilate)


class Head(nn.Linear):
    """A last layer in full precision: half the precision makes ties among the best logits."""

    def forward(self, features: Tensor) -> Tensor:
        with torch.autocast(features.device.type, enabled=False):
            return nn.functional.linear(features.float(), self.weight, self.bias)


def heads(network: nn.Module) -> dict[str, Head]:
    """The last layers by their dotted names: one, or two whose answers are averaged."""
    return {name: module for name, module in network.named_modules() if isinstance(module, Head)}


class _Unfit(NamedTuple):
    """Why a network cannot learn from pictures of `side` pixels."""

    side: int
    reason: str


def build_network(recipe: Recipe, labels: int, resolution: int, seed: int) -> nn.Module:
    """The network of `recipe` for `labels` labels and square pictures of `resolution` pixels.

    Its initial weights depend on `seed` alone. With `stem: auto` a network for small pictures
    keeps its own stem if it does not go with the small one. Raises UserError for an unknown
    network, and for one that cannot learn from the recipe's batches of such pictures.
    """
    auto = ("small", "original") if resolution < SMALL else ("original",)
    stems = auto if recipe.stem == "auto" else (recipe.stem,)
    unfit: list[_Unfit] = []
    for stem in stems:
        network = _build(recipe, labels, resolution, seed, stem)
        if not isinstance(network, _Unfit):
            if unfit:
                message = "network %s keeps its own stem: it cannot take a small one (%s)"
                logger.warning(message, recipe.network, unfit[0].reason)
            return network
        unfit.append(network)
    raise _refusal(recipe, unfit[0], resolution, {"small", "original"} - set(stems))


def _build(
    recipe: Recipe, labels: int, resolution: int, seed: int, stem: str
) -> nn.Module | _Unfit:
    """The network with its small or original stem, or why it cannot learn from the pictures."""
    sides = {schedule.resolution(recipe, epoch, resolution) for epoch in range(recipe.epochs)}
    side = resolution
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = _of_recipe(recipe, labels, resolution, stem)
            if stem == "small":
                adapt_stem(network)
        _install_heads(network, labels, recipe.network)
        for side in sorted(sides):
            _try_out(network, labels, side, min(2, recipe.batch_size))
    except UserError:
        raise
    except Exception as error:  # a network of others may raise anything for a size not its own
        if memory.ran_out(error):
            raise
        return _Unfit(side, str(error) or type(error).__name__)
    return network


def _refusal(recipe: Recipe, unfit: _Unfit, resolution: int, other_stems: set[str]) -> UserError:
    larger = "dataset.resolution" if unfit.side == resolution else "start_resolution"
    changes = [f"use a larger {larger}"]
    if recipe.batch_size == 1:
        changes.append("a batch_size of 2 or more")
    changes += [f"stem: {stem}" for stem in sorted(other_stems)]
    return UserError(
        f"network {recipe.network} cannot take pictures of {unfit.side}×{unfit.side} pixels "
        f"({unfit.reason}); {', '.join(changes)}, or another network"
    )


def _of_recipe(recipe: Recipe, labels: int, resolution: int, stem: str) -> nn.Module:
    """The network as published, but for its number of labels and a ResNet's width."""
    if recipe.network in RESNETS:
        block, layers = RESNETS[recipe.network]
        return WideOrNarrowResNet(block, layers, labels, recipe.width)
    if recipe.width != 64:
        raise UserError(
            f"training key width: found {recipe.width} with network {recipe.network}; only "
            f"{', '.join(RESNETS)} can be made wider or narrower: leave width at 64"
        )
    return by_name(recipe.network, labels, resolution, small=stem == "small")


def _install_heads(network: Any, labels: int, name: str) -> None:
    """Replace the last layers by Heads with the same weights."""
    # timm says where a network ends: a few end in two layers, whose answers they average.
    ends: Any = network.get_classifier() if hasattr(network, "get_classifier") else network
    for end in ends if isinstance(ends, tuple | nn.ModuleList) else (ends,):
        linear = [
            module
            for module in end.modules()
            if isinstance(module, nn.Linear) and module.out_features == labels
        ]
        if not linear:
            raise UserError(
                f"training key network: {name} does not end in a linear layer; choose another "
                "network"
            )
        last = linear[-1]
        head = Head(last.in_features, labels, bias=last.bias is not None)
        head.load_state_dict(last.state_dict())
        path = next(path for path, module in network.named_modules() if module is last)
        replace(network, path, head)


def _try_out(network: nn.Module, labels: int, side: int, pictures: int) -> None:
    """Let a copy of `network` answer while it learns; raises whatever goes wrong."""
    trial = copy.deepcopy(network).train()
    for module in trial.modules():
        if isinstance(module, nn.Conv2d | nn.MaxPool2d):
            module.register_forward_pre_hook(_refuse_nothing)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        answer = trial(torch.zeros(pictures, 3, side, side))
    if not isinstance(answer, Tensor) or answer.shape != (pictures, labels):
        raise ValueError("it does not answer with one number per label")


def _refuse_nothing(module: nn.Conv2d | nn.MaxPool2d, inputs: tuple[Tensor]) -> None:
    """Halving a map of one pixel leaves the padding to look at.

    (oneDNN's bf16 gradient of such a convolution reads memory that nobody wrote.)
    """
    strides, sides = np.atleast_1d(module.stride), np.atleast_1d(module.kernel_size)
    if inputs[0].shape[-1] == 1 and strides.max() > 1 and sides.max() > 1:
        raise ValueError("it pools them to a single pixel before its last stage")
