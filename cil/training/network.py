"""Networks for small pictures, built on torchvision's and timm's."""

import copy

import numpy as np
import torch
import torchvision
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from cil.errors import UserError
from cil.training.recipe import Recipe

SMALL = 128  # pictures below this many pixels get a stem that keeps their size

RESNETS = {
    "resnet18": (BasicBlock, (2, 2, 2, 2)),
    "resnet34": (BasicBlock, (3, 4, 6, 3)),
    "resnet50": (Bottleneck, (3, 4, 6, 3)),
    "resnet101": (Bottleneck, (3, 4, 23, 3)),
    "resnet152": (Bottleneck, (3, 8, 36, 3)),
}


class WideOrNarrowResNet(ResNet):
    """torchvision's ResNet with `width` channels in the first stage instead of 64."""

    def __init__(self, block, layers: tuple[int, ...], labels: int, width: int) -> None:
        self._width = width
        super().__init__(block, list(layers), num_classes=labels)
        self.conv1 = _initialised(nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False))
        self.bn1 = nn.BatchNorm2d(width)
        self.fc = nn.Linear(8 * width * block.expansion, labels)

    def _make_layer(self, block, planes: int, blocks: int, stride: int = 1, dilate: bool = False):
        if planes == 64:
            self.inplanes = self._width
        return super()._make_layer(block, planes * self._width // 64, blocks, stride, dilate)


class Head(nn.Linear):
    """A last layer in full precision: half the precision makes ties among the best logits."""

    def forward(self, features: Tensor) -> Tensor:
        with torch.autocast(features.device.type, enabled=False):
            return nn.functional.linear(features.float(), self.weight, self.bias)


def build_network(recipe: Recipe, labels: int, resolution: int, seed: int) -> nn.Module:
    """The network of `recipe` for `labels` labels and square pictures of `resolution` pixels.

    Its initial weights depend on `seed` alone. Raises UserError for an unknown network, and
    for pictures so small that the network pools them to nothing.
    """
    small = recipe.stem == "small" or (recipe.stem == "auto" and resolution < SMALL)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if recipe.network in RESNETS:
            block, layers = RESNETS[recipe.network]
            network = WideOrNarrowResNet(block, layers, labels, recipe.width)
        elif recipe.width != 64:
            raise UserError(
                f"training key width: found {recipe.width} with network {recipe.network}; only "
                f"{', '.join(RESNETS)} can be made wider or narrower: leave width at 64"
            )
        else:
            network = _by_name(recipe.network, labels, resolution)
        if small:
            _adapt_stem(network)
    _install_head(network, labels, recipe.network)
    for side in {resolution, recipe.start_resolution or resolution}:
        _check_resolution(network, recipe.network, side)
    return network


def head_name(network: nn.Module) -> str:
    """The dotted name of the last layer."""
    return [name for name, module in network.named_modules() if isinstance(module, Head)][-1]


def _by_name(name: str, labels: int, resolution: int) -> nn.Module:
    if name in torchvision.models.list_models(module=torchvision.models):
        sized = {"image_size": resolution} if name.startswith("vit_") else {}
        return torchvision.models.get_model(name, weights=None, num_classes=labels, **sized)
    try:
        import timm
    except ImportError:
        raise UserError(
            f"training key network: torchvision has no {name!r}, and timm is not installed; "
            "install timm or choose another network"
        ) from None
    if not timm.is_model(name):
        near = timm.list_models(f"*{name[:6]}*")[:3]
        raise UserError(
            f"training key network: neither torchvision nor timm has {name!r}; "
            f"did you mean one of {', '.join(['resnet18', *near])}?"
        )
    network = timm.create_model(name, num_classes=labels)
    if hasattr(network, "set_input_size"):
        patch = max(2, resolution // 8) if resolution < SMALL else None
        network.set_input_size(img_size=resolution, patch_size=patch)
    return network


def _adapt_stem(network: nn.Module) -> None:
    """Keep small pictures whole: a first convolution without stride, no pooling after it.

    A stem that cuts the picture into patches (kernel as large as stride) keeps its patches,
    at most 2 pixels wide.
    """
    name, first = next(
        (name, module) for name, module in network.named_modules() if isinstance(module, nn.Conv2d)
    )
    if first.stride == (1, 1) or hasattr(network, "patch_embed"):
        return
    patches = first.kernel_size == first.stride
    side = 2 if patches else 3
    smaller = nn.Conv2d(
        first.in_channels,
        first.out_channels,
        side,
        stride=2 if patches else 1,
        padding=0 if patches else 1,
        bias=first.bias is not None,
    )
    _replace(network, name, _initialised(smaller))
    for name, module in list(network.named_modules()):
        if isinstance(module, nn.MaxPool2d):
            _replace(network, name, nn.Identity())
            return


def _initialised(convolution: nn.Conv2d) -> nn.Conv2d:
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)
    return convolution


def _replace(network: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, child = name.rpartition(".")
    setattr(network.get_submodule(parent), child, module)


def _install_head(network: nn.Module, labels: int, name: str) -> None:
    """Replace the last layer by a Head with the same weights."""
    linear = [
        (path, module)
        for path, module in network.named_modules()
        if isinstance(module, nn.Linear) and module.out_features == labels
    ]
    if not linear:
        raise UserError(
            f"training key network: {name} does not end in a linear layer; choose another network"
        )
    path, last = linear[-1]
    head = Head(last.in_features, labels, bias=last.bias is not None)
    head.load_state_dict(last.state_dict())
    _replace(network, path, head)


def _check_resolution(network: nn.Module, name: str, resolution: int) -> None:
    """UserError if pictures of `resolution` pixels are too small, or too large, for `network`."""
    trial = copy.deepcopy(network).eval()
    for module in trial.modules():
        if isinstance(module, nn.Conv2d | nn.MaxPool2d):
            module.register_forward_pre_hook(_refuse_nothing)
    try:
        with torch.no_grad():
            trial(torch.zeros(2, 3, resolution, resolution))
    except (RuntimeError, AssertionError, ValueError) as error:
        raise UserError(
            f"network {name} cannot take pictures of {resolution}×{resolution} pixels ({error}); "
            "use a larger dataset.resolution, stem: small, or another network"
        ) from None


def _refuse_nothing(module: nn.Conv2d | nn.MaxPool2d, inputs: tuple[Tensor]) -> None:
    """Halving a map of one pixel leaves the padding to look at.

    (oneDNN's bf16 gradient of such a convolution reads memory that nobody wrote.)
    """
    strides, sides = np.atleast_1d(module.stride), np.atleast_1d(module.kernel_size)
    if inputs[0].shape[-1] == 1 and strides.max() > 1 and sides.max() > 1:
        raise ValueError("it pools them to a single pixel before its last stage")
