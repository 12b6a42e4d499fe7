"""The layers that a GPU trains with compute what torch's own do."""

import copy

import pytest
import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

from cil.training.devices import beside
from cil.training.devices.machine import COMPILE_OPTIONS
from cil.training.networks import norms
from cil.training.networks.network import RESNETS, build_network
from cil.training.recipe import Recipe

SIDE = 16


def networks(name: str, width: int = 8) -> tuple[nn.Module, nn.Module]:
    """A network as torch has it, its norms not at their defaults, and ours of the same weights."""
    torch.manual_seed(0)
    plain = build_network(Recipe(network=name, width=width), 10, SIDE, seed=0)
    for module in plain.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1, 0.3)
            nn.init.normal_(module.bias, 0, 0.3)
    ours = copy.deepcopy(plain)
    norms.fuse_norms(ours)
    beside.compute_beside(ours)
    return plain, ours


def gradients(network: nn.Module, compiled: bool = False) -> dict[str, Tensor]:
    """Of a loss on random pictures, by parameter."""
    pictures = torch.randn(16, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))

    def loss(pictures: Tensor) -> Tensor:
        return network(pictures).square().mean()

    if compiled:
        options = COMPILE_OPTIONS["default"] | beside.COMPILE_OPTIONS | norms.COMPILE_OPTIONS
        loss = torch.compile(loss, options=options, dynamic=False)
    loss(pictures.to(memory_format=torch.channels_last)).backward()
    beside.join()
    return {name: parameter.grad for name, parameter in network.named_parameters()}


def assert_equal(ours: dict[str, Tensor], plain: dict[str, Tensor], tolerance: float) -> None:
    for name, expected in plain.items():
        difference = (ours[name] - expected).norm() / expected.norm()
        assert difference < tolerance, name


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_gradients_and_statistics_are_torchs(name):
    plain, ours = networks(name)

    assert_equal(gradients(ours), gradients(plain), 1e-3)
    for (name, mine), theirs in zip(ours.named_buffers(), plain.buffers(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-4, msg=name)


@pytest.mark.slow
def test_compiled_gradients_are_torchs(monkeypatch):
    """torch 2.11 compiles some ways to write the same into gradients of zero."""
    monkeypatch.setitem(RESNETS, "resnet10", (BasicBlock, (1, 1, 1, 1)))  # compiles sooner
    plain, ours = networks("resnet10")

    assert_equal(gradients(ours, compiled=True), gradients(plain), 1e-3)


def test_in_half_precision_gradients_are_as_near_to_the_truth():
    plain, ours = networks("resnet18", width=16)
    truth = gradients(copy.deepcopy(plain))
    with torch.autocast("cpu", torch.bfloat16):
        half = {"plain": gradients(plain), "ours": gradients(ours)}
    errors = {
        whose: torch.stack(
            [(found[name] - truth[name]).norm() / truth[name].norm() for name in truth]
        )
        for whose, found in half.items()
    }

    assert errors["ours"].mean() < 1.2 * errors["plain"].mean()


def test_evaluation_is_torchs():
    plain, ours = (network.eval() for network in networks("resnet18"))
    pictures = torch.randn(4, 3, SIDE, SIDE)

    torch.testing.assert_close(ours(pictures), plain(pictures))


def test_a_frozen_body_gets_no_gradient():
    _, ours = networks("resnet18")
    ours.eval()
    for name, parameter in ours.named_parameters():
        parameter.requires_grad_(name.startswith("fc."))

    found = gradients(ours)

    assert {name for name, value in found.items() if value is not None} == {"fc.weight", "fc.bias"}


def test_other_networks_keep_their_norms():
    network = build_network(Recipe(network="shufflenet_v2_x0_5"), 10, SIDE, seed=0)
    before = [type(module) for module in network.modules()]
    norms.fuse_norms(network)

    assert [type(module) for module in network.modules()] == before
