"""The classifiers of torchvision and timm by name, for pictures of any size."""

import inspect
from typing import Any

import torch
import torchvision
from torch import nn
from torchvision.models import VisionTransformer

from cil.errors import UserError

SMALL = 128  # pictures below this many pixels get a stem that keeps their size


def by_name(name: str, labels: int, resolution: int, small: bool) -> nn.Module:
    """The network `name` for `labels` labels and pictures of `resolution` pixels.

    Transformers cut pictures below 128 pixels into 8 × 8 patches where the stem is to be
    `small`. Raises UserError for an unknown name, and whatever a network raises for a size that
    it cannot be made for.
    """
    patch = max(2, resolution // 8) if small and resolution < SMALL else None
    if name in torchvision.models.list_models(module=torchvision.models):
        return _of_torchvision(name, labels, resolution, patch)
    return _of_timm(name, labels, resolution, patch)


def _of_torchvision(name: str, labels: int, resolution: int, patch: int | None) -> nn.Module:
    if name.startswith("vit_"):
        return _vision_transformer(name, labels, resolution, patch)
    more = {}
    if name in ("googlenet", "inception_v3"):
        # Without the second classifiers on the way, which answer while training alone.
        more = {"aux_logits": False, "init_weights": True}
    return torchvision.models.get_model(name, weights=None, num_classes=labels, **more)


def _vision_transformer(name: str, labels: int, resolution: int, patch: int | None) -> nn.Module:
    """torchvision's own functions take no size of the patches."""
    with torch.device("meta"):
        published = torchvision.models.get_model(name, weights=None)
    return VisionTransformer(
        image_size=resolution,
        patch_size=patch or published.patch_size,
        num_layers=len(published.encoder.layers),
        num_heads=published.encoder.layers[0].num_heads,
        hidden_dim=published.hidden_dim,
        mlp_dim=published.mlp_dim,
        num_classes=labels,
    )


def _of_timm(name: str, labels: int, resolution: int, patch: int | None) -> nn.Module:
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
    network: Any = timm.create_model(name, num_classes=labels)
    if hasattr(network, "set_input_size"):
        takes_patches = "patch_size" in inspect.signature(network.set_input_size).parameters
        patches = {"patch_size": patch} if takes_patches else {}
        network.set_input_size(img_size=resolution, **patches)
    elif network.pretrained_cfg["fixed_input_size"] and not hasattr(network, "img_size_scaled"):
        # (CrossViT scales whatever it is shown to its own size.)
        network = timm.create_model(name, num_classes=labels, img_size=resolution)
    return network
