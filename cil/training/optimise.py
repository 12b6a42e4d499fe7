"""The optimiser, its parameter groups, and averaged weights."""

import math

import torch
from torch import Tensor, nn

from cil.training.networks.network import heads
from cil.training.recipe import Recipe


def build_optimiser(recipe: Recipe, network: nn.Module) -> torch.optim.SGD:
    """SGD over groups of parameters: body and last layer, with weight decay and without.

    Body and last layer never share a group: while the body is frozen it has no momentum, and
    torch's fused SGD wants a momentum for all of a group or for none. Each group's `scale` is
    its share of the learning rate: 1, or the head's own.
    """
    head = {parameter for layer in heads(network).values() for parameter in layer.parameters()}
    own = recipe.head_learning_rate
    head_scale = own / recipe.learning_rate if own is not None and recipe.learning_rate else 1.0
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for parameter in network.parameters():
        spared = parameter.ndim <= 1 and not recipe.decay_norm_and_bias
        groups.setdefault((parameter in head, spared), []).append(parameter)
    return torch.optim.SGD(
        [
            {
                "params": parameters,
                "weight_decay": 0.0 if spared else recipe.weight_decay,
                "scale": head_scale if in_head else 1.0,
                "lr": _rate_on(parameters[0].device, recipe),
            }
            for (in_head, spared), parameters in groups.items()
        ],
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        fused=True,
    )


def begin_with_momenta(optimiser: torch.optim.Optimizer) -> None:
    """Let momenta of zero be there before the first step, as a gradient scaler needs them.

    Where the first step is left out for an overflow, torch's fused SGD leaves the momenta that it
    has just made without values, and goes on with them.
    """
    for group in optimiser.param_groups:
        for parameter in group["params"] if group["momentum"] else ():
            optimiser.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)


def _rate_on(device: torch.device, recipe: Recipe) -> float | Tensor:
    """The learning rate; on a GPU a tensor there: a captured step reads it at each replay."""
    rate = recipe.learning_rate
    return torch.tensor(rate, device=device) if device.type == "cuda" else rate


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Give every group its share of `rate`."""
    for group in optimiser.param_groups:
        own = rate * group["scale"]
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(own)
        else:
            group["lr"] = own


def freeze_body(network: nn.Module, frozen: bool) -> None:
    """Let only the last layer learn, or everything again."""
    for parameter in network.parameters():
        parameter.requires_grad_(not frozen)
    if frozen:
        for layer in heads(network).values():
            layer.requires_grad_(True)


class AveragedWeights:
    """An exponential moving average of all weights and of the batch statistics."""

    def __init__(self, network: nn.Module, mean_life: float) -> None:
        """`mean_life` in steps: after so many, an old value has lost 63% of its weight."""
        self.state = {name: value.clone() for name, value in network.state_dict().items()}
        self.keep = math.exp(-1 / mean_life)

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take in the weights after optimiser step `step` (from 0), the first ones faster."""
        keep = min(self.keep, (1 + step) / (10 + step))
        current = network.state_dict()
        averaged = [name for name, value in self.state.items() if value.is_floating_point()]
        torch._foreach_lerp_(
            [self.state[name] for name in averaged], [current[name] for name in averaged], 1 - keep
        )
        for name in self.state.keys() - set(averaged):
            self.state[name].copy_(current[name])

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over a saved average."""
        for name, value in state.items():
            self.state[name].copy_(value)
