"""Networks of torchvision and timm by name, at sizes that they were not made for."""

import pytest
import torch

from cil.errors import UserError
from cil.training.networks.network import build_network, heads
from cil.training.recipe import Recipe


@pytest.mark.parametrize(
    "network",
    [
        "resnet50",
        "densenet121",
        "convnext_tiny",
        "shufflenet_v2_x0_5",
        "vit_tiny_patch16_224",
        "googlenet",  # answers with several tensors while it learns
        "vit_b_16",  # torchvision's transformers are made for one size
        "swinv2_cr_tiny_224",  # can be made for another size, but not of other patches
        "mixer_s32_224",  # is told its size when it is made
        "test_coatnet",  # only its own stem goes with its attention
        "repvgg_a0",  # has a stem of parallel branches
    ],
)
def test_any_network_learns_from_small_pictures(network):
    built = build_network(Recipe(network=network), 10, 32, seed=0)

    assert built(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


@pytest.mark.parametrize(
    ("network", "resolution", "message"),
    [
        ("resnet19", 32, "did you mean one of resnet18"),
        ("vgg11", 8, "network vgg11 cannot take pictures of 8×8 pixels"),
        ("resnet18", 4, "it pools them to a single pixel before its last stage"),
        ("vit_b_16", 9, "Input shape indivisible by patch size!"),
    ],
)
def test_networks_that_do_not_exist_or_do_not_fit(network, resolution, message):
    with pytest.raises(UserError) as refused:
        build_network(Recipe(network=network), 10, resolution, seed=0)
    assert message in str(refused.value)


def test_a_stem_that_was_asked_for_is_not_replaced():
    with pytest.raises(UserError, match=r"larger dataset\.resolution, stem: original, or"):
        build_network(Recipe(network="repvgg_a0", stem="small"), 10, 32, seed=0)


def test_a_network_that_keeps_its_own_stem_says_so(caplog):
    built = build_network(Recipe(network="repvgg_a0"), 10, 32, seed=0)

    assert "network repvgg_a0 keeps its own stem" in caplog.text
    assert built.stem.conv_kxk.conv.stride == (2, 2)


def test_a_transformer_is_cut_into_small_patches_unless_its_own_were_asked_for():
    sides = [
        build_network(
            Recipe(network="vit_tiny_patch16_224", stem=stem), 10, 32, seed=0
        ).patch_embed.patch_size[0]
        for stem in ("auto", "original")
    ]
    assert sides == [4, 16]


def test_every_size_of_progressive_resizing_must_fit():
    with pytest.raises(
        UserError, match=r"pictures of 4×4 pixels .*; use a larger start_resolution"
    ):
        build_network(Recipe(width=4, start_resolution=5), 10, 16, seed=0)


def test_a_start_resolution_that_is_never_used_is_not_looked_at():
    recipe = Recipe(network="vit_tiny_patch16_224", start_resolution=64)

    assert build_network(recipe, 10, 32, seed=0)


def test_a_network_made_to_be_distilled_has_two_heads():
    built = build_network(Recipe(network="deit_tiny_distilled_patch16_224"), 10, 8, seed=0)

    assert set(heads(built)) == {"head", "head_dist"}


def test_resnet18_is_the_papers():
    small = build_network(Recipe(), 1000, 32, seed=0)
    original = build_network(Recipe(), 1000, 224, seed=0)

    assert (small.conv1.kernel_size, small.conv1.stride) == ((3, 3), (1, 1))
    assert isinstance(small.maxpool, torch.nn.Identity)
    assert original.conv1.stride == (2, 2)
    # torchvision's resnet18, and the smaller stem.
    assert sum(p.numel() for p in original.parameters()) == 11_689_512
    assert sum(p.numel() for p in small.parameters()) == 11_689_512 - 64 * 3 * (49 - 9)
