"""The first layers of networks, for pictures too small to be cut down at once."""

from torch import nn
from torchvision.models import VisionTransformer


def adapt_stem(network: nn.Module) -> None:
    """Keep small pictures whole: a first convolution without stride, no pooling after it.

    A stem that cuts the picture into patches (kernel as large as stride) keeps its patches,
    at most 2 pixels wide; transformers were built with patches of the right size.
    """
    layers = list(network.named_modules())
    name, first = next((pair for pair in layers if isinstance(pair[1], nn.Conv2d)), ("", None))
    is_transformer = hasattr(network, "patch_embed") or isinstance(network, VisionTransformer)
    if first is None or first.stride == (1, 1) or is_transformer:
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
    replace(network, name, initialised(smaller))
    for name, module in layers:
        if isinstance(module, nn.MaxPool2d):
            replace(network, name, nn.Identity())
            return


def initialised(convolution: nn.Conv2d) -> nn.Conv2d:
    """The convolution with weights as torchvision's ResNets begin."""
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)
    return convolution


def replace(network: nn.Module, name: str, module: nn.Module) -> None:
    """Put `module` in the place of the layer with the dotted name `name`."""
    parent, _, child = name.rpartition(".")
    setattr(network.get_submodule(parent), child, module)
