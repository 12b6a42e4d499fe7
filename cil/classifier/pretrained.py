"""Pretrained ImageNet networks of timm and torchvision, with what they want of pictures."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from cil.classifier.classifier import Preprocessing
from cil.errors import UserError

CLASSES = 1000


def library_network(model: str, weights: str) -> tuple[nn.Module, Preprocessing]:
    """The network timm/<name> or torchvision/<name>, ready to answer, and its preprocessing.

    `weights` is "pretrained" (downloaded), "random", or a file. Raises UserError if there is no
    such network, it is no classifier of ImageNet, or its weights cannot be had.
    """
    library, _, name = model.partition("/")
    loaders = {"timm": _timm, "torchvision": _torchvision}
    if library not in loaders or not name:
        raise UserError(f"--model: found {model!r}; give timm/<name> or torchvision/<name>")
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


def _timm(name: str, pretrained: bool) -> tuple[nn.Module, Preprocessing]:
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


def _torchvision(name: str, pretrained: bool) -> tuple[nn.Module, Preprocessing]:
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


def _load_weights(network: nn.Module, path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
        network.load_state_dict(state.get("state_dict", state))
    except Exception as error:  # a missing file, a broken one, another network's weights
        raise UserError(f"--weights {path}: cannot be loaded into this model: {error}") from None
