"""Convolutions whose weight gradient is one matrix product, on the CPU where that is faster.

oneDNN's gradients of bf16 weights are slow on small maps: on maps of 2×2 and less, and behind
strides, a matrix product takes half to a fifth of their time (`benchmarks/README.md`).
"""

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn.functional import conv2d, pad


def use_matrix_products(network: nn.Module) -> None:
    """Let the plain convolutions of `network` take matrix products where these pay."""
    for module in network.modules():
        if type(module) is nn.Conv2d and is_plain(module):
            module.__class__ = Convolution


class Convolution(nn.Conv2d):
    """The same convolution, with another way to the gradient of its weights."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Convolve `inputs` (N×C×H×W)."""
        casts = torch.is_autocast_enabled("cpu")
        dtype = torch.get_autocast_dtype("cpu") if casts else inputs.dtype
        learns = torch.is_grad_enabled() and self.weight.requires_grad
        if not (learns and dtype is torch.bfloat16 and self._pays(inputs)):
            return super().forward(inputs)
        with torch.autocast("cpu", enabled=False):
            return _MatrixProduct.apply(
                inputs.to(dtype), self.weight.to(dtype), self.stride[0], self.padding[0]
            )

    def _pays(self, inputs: Tensor) -> bool:
        """By measurement: tiny maps, small ones behind a stride, or with many channels."""
        side = inputs.shape[-1] // self.stride[0]
        many = self.in_channels >= 512
        return side <= 2 or (side <= 4 and many) or (side <= 8 and self.stride[0] > 1)


def is_plain(module: nn.Conv2d) -> bool:
    """Whether it has square kernels, strides and zero padding of numbers, no groups, no bias."""
    square = all(
        isinstance(pair, tuple) and pair[0] == pair[1]
        for pair in (module.kernel_size, module.stride, module.padding)
    )
    zeros = module.padding_mode == "zeros" and module.bias is None
    return square and zeros and module.groups == 1 and module.dilation == (1, 1)


class _MatrixProduct(Function):
    """A convolution without bias; its weight gradient: what went out times what it saw."""

    @staticmethod
    def forward(ctx, inputs: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
        ctx.save_for_backward(inputs, weight)
        ctx.stride, ctx.padding = stride, padding
        return conv2d(inputs, weight, None, stride, padding)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, Tensor, None, None]:
        inputs, weight = ctx.saved_tensors
        below = None
        if ctx.needs_input_grad[0]:
            stride, padding = [ctx.stride] * 2, [ctx.padding] * 2
            below, _, _ = torch.ops.aten.convolution_backward(
                *(gradient, inputs, weight, None, stride, padding, [1, 1], False, [0, 0], 1),
                [True, False, False],
            )
        seen = _windows(inputs, weight.shape[-1], ctx.stride, ctx.padding)
        out = gradient.permute(0, 2, 3, 1).reshape(len(seen), -1)
        rows, height, width = weight.shape[0], *weight.shape[2:]
        return below, (out.t() @ seen).view(rows, height, width, -1).permute(0, 3, 1, 2), None, None


def _windows(inputs: Tensor, kernel: int, stride: int, padding: int) -> Tensor:
    """What each output sees of `inputs` (N×C×H×W): a row of kernel × kernel × C values."""
    padded = pad(inputs.permute(0, 2, 3, 1), (0, 0, *[padding] * 4)).contiguous()
    count, height, width, channels = padded.shape
    down, across = ((size - kernel) // stride + 1 for size in (height, width))
    line = width * channels
    windows = padded.as_strided(
        (count, down, across, kernel, kernel * channels),
        (height * line, stride * line, stride * channels, line, 1),
    )
    return windows.reshape(count * down * across, kernel * kernel * channels)
