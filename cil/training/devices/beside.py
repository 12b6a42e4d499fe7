"""Weight gradients of convolutions beside the rest of a backward pass, on a GPU.

Nothing in a backward pass waits for the gradient of a weight. In a stream of its own it is
computed while batch norms, which wait for memory, leave the multipliers idle
(`benchmarks/README.md`).
"""

import contextlib
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn.functional import conv2d

from cil.training.networks.convolution import is_plain

_streams: dict[torch.device, torch.cuda.Stream] = {}
_busy: set[torch.cuda.Stream] = set()  # since the last `join`
# What they read: freed earlier, it could be overwritten while they still read it.
_in_use: list[Tensor] = []

# With torch.compile, which would write over what a side stream still reads.
COMPILE_OPTIONS = {"allow_buffer_reuse": False, "inplace_buffers": False}


def compute_beside(network: nn.Module) -> None:
    """Let the plain convolutions of `network` compute weight gradients beside the rest.

    After each backward pass, and before anyone looks at a gradient, comes `join`.
    """
    for module in network.modules():
        if type(module) is nn.Conv2d and is_plain(module):
            module.__class__ = ConvolutionBeside


def join() -> None:
    """Let what the current stream does next come after all weight gradients."""
    for stream in _busy:
        torch.cuda.current_stream(stream.device).wait_stream(stream)
    _busy.clear()
    _in_use.clear()


class ConvolutionBeside(nn.Conv2d):
    """The same convolution, its weight gradient computed beside the rest."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Convolve `inputs` (N×C×H×W)."""
        if not (torch.is_grad_enabled() and self.weight.requires_grad):
            return super().forward(inputs)
        kind = inputs.device.type
        casts = torch.is_autocast_enabled(kind)
        dtype = torch.get_autocast_dtype(kind) if casts else inputs.dtype
        wants_gradient = inputs.requires_grad
        with torch.autocast(kind, enabled=False):
            return _Convolve.apply(
                inputs.to(dtype), self.weight, self.stride[0], self.padding[0], wants_gradient
            )


class _Convolve(Function):
    """A convolution in the precision of its inputs, without bias, of a weight in full precision."""

    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, weight: Tensor, stride: int, padding: int, wants: bool
    ) -> Tensor:
        if weight.dtype != inputs.dtype:
            weight = weight.to(inputs.dtype)
        ctx.save_for_backward(inputs, weight)
        ctx.stride, ctx.padding, ctx.wants = stride, padding, wants
        return conv2d(inputs, weight, None, stride, padding)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        inputs, weight = ctx.saved_tensors
        of_inputs = None
        if ctx.wants:
            of_inputs = _gradient_of(0, gradient, inputs, weight, ctx.stride, ctx.padding)
        # After the gradient that the rest waits for.
        of_weight = weight_gradient(gradient, inputs, weight, ctx.stride, ctx.padding)
        return of_inputs, of_weight, None, None, None


def _gradient_of(
    which: int, gradient: Tensor, inputs: Tensor, weight: Tensor, stride: int, padding: int
) -> Tensor:
    """Of a convolution: the gradient of the inputs (0) or of the weight (1)."""
    return torch.ops.aten.convolution_backward(
        *(gradient, inputs, weight),
        bias_sizes=None,
        stride=[stride] * 2,
        padding=[padding] * 2,
        dilation=[1, 1],
        transposed=False,
        output_padding=[0, 0],
        groups=1,
        output_mask=[which == 0, which == 1, False],
    )[which]


@torch.library.custom_op("cil::weight_gradient", mutates_args=())
def weight_gradient(
    gradient: Tensor, inputs: Tensor, weight: Tensor, stride: int, padding: int
) -> Tensor:
    """The gradient of `weight` in full precision; on a GPU not to be touched before `join`."""
    with _beside(gradient, inputs, weight):
        of_weight = _gradient_of(1, gradient, inputs, weight, stride, padding)
        return _like(weight).copy_(of_weight)


@weight_gradient.register_fake
def _(gradient: Tensor, inputs: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    return _like(weight)


def _like(weight: Tensor) -> Tensor:
    """A tensor that lies in memory as `weight` does, in full precision."""
    return torch.empty_like(weight, dtype=torch.promote_types(weight.dtype, torch.float32))


def _beside(*reads: Tensor) -> contextlib.AbstractContextManager:
    """The side stream, on a GPU; what it is given to read stays until `join`."""
    device = reads[0].device
    if device.type != "cuda":
        return contextlib.nullcontext()
    if device not in _streams:
        _streams[device] = torch.cuda.Stream(device)
    side = _streams[device]
    side.wait_stream(torch.cuda.current_stream(device))
    _busy.add(side)
    _in_use.extend(reads)
    return torch.cuda.stream(side)
