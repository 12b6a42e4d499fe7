"""Batch norms together with the ReLUs after them, for torch.compile to make fewer kernels of.

What a batch norm costs on a GPU is moving activations through memory. Backwards, torch's own
reads the output of the ReLU for its mask, and sums the gradients of a block's output, once for
each use. Here the mask comes from what the norm reads anyway, and the sum is made once
(`benchmarks/README.md`).
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torchvision.models.resnet import BasicBlock, Bottleneck

from cil.training.networks.network import WideOrNarrowResNet

PLACES = (0, 2, 3)  # what the statistics of a channel are over: pictures, rows, columns

# With torch.compile: the mask is to be computed twice rather than written and read twice.
COMPILE_OPTIONS = {"realize_reads_threshold": 8}


def fuse_norms(network: nn.Module) -> None:
    """Let the norms of a ResNet be computed with their ReLUs; other networks stay as they are."""
    norms = [module for module in network.modules() if type(module) is nn.BatchNorm2d]
    if all(norm.affine and norm.momentum and norm.track_running_stats for norm in norms):
        for module in network.modules():
            module.__class__ = _FUSED.get(type(module), type(module))


class _Tracking(nn.BatchNorm2d):
    """A batch norm that keeps running statistics, for signatures."""

    num_batches_tracked: Tensor
    running_mean: Tensor
    running_var: Tensor
    momentum: float


def norm_relu(norm: _Tracking, inputs: Tensor) -> Tensor:
    """relu(norm(inputs)) for inputs N×C×H×W."""
    if not norm.training:
        return norm(inputs).relu()
    out, mean, variance = _NormRelu.apply(inputs, norm.weight, norm.bias, norm.eps)
    _remember(norm, mean, variance, inputs)
    return out


def norm_add_relu(norm: _Tracking, inputs: Tensor, residual: Tensor) -> Tensor:
    """relu(norm(inputs) + residual), both N×C×H×W."""
    if not norm.training:
        return (norm(inputs) + residual).relu()
    out, mean, variance = _NormAddRelu.apply(inputs, residual, norm.weight, norm.bias, norm.eps)
    _remember(norm, mean, variance, inputs)
    return out


class _FusedResNet(WideOrNarrowResNet):
    bn1: _Tracking

    def _forward_impl(self, x: Tensor) -> Tensor:
        x = self.maxpool(norm_relu(self.bn1, self.conv1(x)))
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
        return self.fc(self.avgpool(x).flatten(1))


class _FusedBasicBlock(BasicBlock):
    def forward(self, x: Tensor) -> Tensor:
        out = norm_relu(self.bn1, self.conv1(x))
        residual = x if self.downsample is None else self.downsample(x)
        return norm_add_relu(self.bn2, self.conv2(out), residual)


class _FusedBottleneck(Bottleneck):
    def forward(self, x: Tensor) -> Tensor:
        out = norm_relu(self.bn1, self.conv1(x))
        out = norm_relu(self.bn2, self.conv2(out))
        residual = x if self.downsample is None else self.downsample(x)
        return norm_add_relu(self.bn3, self.conv3(out), residual)


_FUSED = {
    WideOrNarrowResNet: _FusedResNet,
    BasicBlock: _FusedBasicBlock,
    Bottleneck: _FusedBottleneck,
}


@torch.no_grad()
def _remember(norm: _Tracking, mean: Tensor, variance: Tensor, inputs: Tensor) -> None:
    """Take a batch's statistics into the running ones, as torch's batch norm does."""
    count = inputs.numel() // inputs.shape[1]
    norm.num_batches_tracked += 1
    norm.running_mean.lerp_(mean, norm.momentum)
    norm.running_var.lerp_(variance * (count / (count - 1)), norm.momentum)


class _NormRelu(Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        variance, mean, scale, slope, offset = _statistics(inputs, weight, bias, eps)
        ctx.save_for_backward(inputs, mean, scale, slope, offset)
        ctx.mark_non_differentiable(mean, variance)
        return _as(inputs, _line(inputs, slope, offset).relu()), mean, variance

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, _mean: Tensor, _variance: Tensor) -> tuple[Any, ...]:
        inputs, mean, scale, slope, offset = ctx.saved_tensors
        gradient = torch.where(_line(inputs, slope, offset) > 0, gradient, 0.0)
        return *_norm_backward(gradient, inputs, mean, scale, slope), None


class _NormAddRelu(Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, residual: Tensor, weight: Tensor, bias: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        variance, mean, scale, slope, offset = _statistics(inputs, weight, bias, eps)
        out = _as(inputs, (_line(inputs, slope, offset) + residual.float()).relu())
        ctx.save_for_backward(inputs, out, mean, scale, slope)
        ctx.mark_non_differentiable(mean, variance)
        return out, mean, variance

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, _mean: Tensor, _variance: Tensor) -> tuple[Any, ...]:
        inputs, out, mean, scale, slope = ctx.saved_tensors
        gradient = torch.where(out > 0, gradient, 0.0)
        stand_in_memory(gradient)  # for its three uses
        of_inputs, of_weight, of_bias = _norm_backward(gradient, inputs, mean, scale, slope)
        return of_inputs, gradient, of_weight, of_bias, None


@torch.library.custom_op("cil::stand_in_memory", mutates_args=("values",))
def stand_in_memory(values: Tensor) -> None:
    """Do nothing, but to values that a compiler has to write out for it first."""


def _statistics(inputs: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, ...]:
    """Variance, mean and 1 / deviation of each channel; slope and offset of the norm's line."""
    variance, mean = torch.var_mean(inputs.float(), PLACES, correction=0)
    scale = torch.rsqrt(variance + eps)
    slope = weight * scale
    return variance, mean, scale, slope, bias - mean * slope


def _line(inputs: Tensor, slope: Tensor, offset: Tensor) -> Tensor:
    return inputs.float() * slope[:, None, None] + offset[:, None, None]


def _as(inputs: Tensor, values: Tensor) -> Tensor:
    """The values in the precision of `inputs`.

    A conversion that changes nothing makes torch 2.11's compiler lose a Function's gradients.
    """
    return values if values.dtype == inputs.dtype else values.to(inputs.dtype)


def _norm_backward(
    gradient: Tensor, inputs: Tensor, mean: Tensor, scale: Tensor, slope: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of inputs, weight and bias, given that of the norm's output."""
    count, gradient, values = inputs.numel() // inputs.shape[1], gradient.float(), inputs.float()
    of_bias = gradient.sum(PLACES)
    of_weight = (gradient * (values - mean[:, None, None])).sum(PLACES) * scale
    # slope × (gradient − its mean − normalised inputs × mean of gradient × normalised inputs)
    per_input = slope * scale * of_weight / count
    rest = per_input * mean - slope * of_bias / count
    slope, per_input, rest = (each[:, None, None] for each in (slope, per_input, rest))
    of_inputs = gradient * slope - values * per_input + rest
    return _as(inputs, of_inputs), of_weight, of_bias
