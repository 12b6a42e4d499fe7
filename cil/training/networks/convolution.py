"""Convolutions on the CPU: matrix products where these are faster, and never a known fault.

oneDNN is fast on large maps and slow on small ones, where a matrix product takes half to a sixth
of its time (`python -m benchmarks.convolutions`, `benchmarks/README.md`).
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn.functional import conv2d, pad
from torch.overrides import TorchFunctionMode

from cil.errors import UserError

# Without newer units than AVX2, oneDNN's gradient of a strided 1×1 convolution of fewer input
# channels than this writes past the end of its buffer.
CHANNELS_OF_A_VECTOR = 8


def prepare_for_cpu(network: nn.Module, side: int, precision: str) -> None:
    """Let the convolutions of `network` take matrix products where these pay.

    None will run into oneDNN's fault, which is one of full precision: raises UserError if one
    would that is not a layer, so that it cannot be changed. `side` is that of the pictures.
    """
    for module in network.modules():
        if type(module) is nn.Conv2d and is_plain(module):
            module.__class__ = Convolution
        elif isinstance(module, nn.Conv2d) and _overruns(
            module.weight, module.stride, module.padding
        ):
            _subsample_before(module)
    if precision != "fp32":
        return
    was_training = network.training
    try:
        with torch.no_grad(), _Refusing():
            network.eval()(torch.zeros(1, 3, side, side))
    finally:
        network.train(was_training)


class Convolution(nn.Conv2d):
    """The same convolution, computed in the way that is fastest for its shape."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Convolve `inputs` (N×C×H×W)."""
        casts = torch.is_autocast_enabled("cpu")
        dtype = torch.get_autocast_dtype("cpu") if casts else inputs.dtype
        if dtype is torch.float32:
            return self._in_full_precision(inputs)
        learns = torch.is_grad_enabled() and self.weight.requires_grad
        if not (learns and dtype is torch.bfloat16 and self._pays_in_bf16(inputs)):
            return super().forward(inputs)
        with torch.autocast("cpu", enabled=False):
            return self._by_windows(inputs.to(dtype), self.weight.to(dtype))

    def _in_full_precision(self, inputs: Tensor) -> Tensor:
        if self.kernel_size == (1, 1) and self.stride != (1, 1) and self.padding == (0, 0):
            return pointwise(inputs, self.weight, self.stride[0])
        if self._sees_all(inputs):
            return _Dense.apply(inputs, self.weight, self.padding[0])
        learns = torch.is_grad_enabled() and self.weight.requires_grad
        if learns and self._pays_in_fp32(inputs):
            return self._by_windows(inputs, self.weight)
        return super().forward(inputs)

    def _by_windows(self, inputs: Tensor, weight: Tensor) -> Tensor:
        return _Windows.apply(inputs, weight, self.stride[0], self.padding[0])

    def _sees_all(self, inputs: Tensor) -> bool:
        """Whether the kernel reaches from each pixel of a map of the same size to all others."""
        kernel, padding = self.kernel_size[0], int(self.padding[0])
        height, width = inputs.shape[-2:]
        same_size = self.stride == (1, 1) and kernel == 2 * padding + 1 > 1
        return same_size and height == width <= padding + 1

    def _pays_in_bf16(self, inputs: Tensor) -> bool:
        """By measurement: tiny maps, small ones behind a stride, or with many channels."""
        side = inputs.shape[-1] // self.stride[0]
        many = self.in_channels >= 512
        return side <= 2 or (side <= 4 and many) or (side <= 8 and self.stride[0] > 1)

    def _pays_in_fp32(self, inputs: Tensor) -> bool:
        """By measurement on AVX2: small maps of many channels; behind a stride, of fewer.

        With AVX-512 oneDNN's own gradients are as fast nearly everywhere.
        """
        side, channels = inputs.shape[-1] // self.stride[0], self.in_channels
        if side > 8 or torch.backends.cpu.get_cpu_capability() == "AVX512":
            return False  # of larger maps the windows would take much memory
        few = 64 if side <= 4 or self.stride[0] > 1 else 128
        return channels >= few or (side <= 2 and self.stride[0] > 1)


def is_plain(module: nn.Conv2d) -> bool:
    """Whether it has square kernels, strides and zero padding of numbers, no groups, no bias."""
    square = all(
        isinstance(pair, tuple) and pair[0] == pair[1]
        for pair in (module.kernel_size, module.stride, module.padding)
    )
    zeros = module.padding_mode == "zeros" and module.bias is None
    return square and zeros and module.groups == 1 and module.dilation == (1, 1)


def pointwise(inputs: Tensor, weight: Tensor, stride: int) -> Tensor:
    """A 1×1 convolution without padding, as a product of `weight` with every `stride`-th pixel."""
    seen = inputs.permute(0, 2, 3, 1)[:, ::stride, ::stride]
    out = seen.reshape(-1, seen.shape[-1]) @ weight.flatten(1).t()
    return out.view(*seen.shape[:-1], len(weight)).permute(0, 3, 1, 2)


class _Windows(Function):
    """A convolution without bias; its weight gradient: what went out times what it saw."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
        ctx.save_for_backward(inputs, weight)
        ctx.stride, ctx.padding = stride, padding
        return conv2d(inputs, weight, None, stride, padding)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, None, None]:
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
        rows, _, height, width = weight.shape
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


class _Dense(Function):
    """A convolution whose kernel reaches from each pixel to all others: a dense layer of the map.

    It multiplies nothing with padding: of a 3×3 kernel on a map of 2×2, four of nine products.
    """

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, padding: int) -> Tensor:
        count, _, side, _ = inputs.shape
        seen = inputs.permute(0, 2, 3, 1).reshape(count, -1)
        rows = _dense_weight(weight, side, padding)
        ctx.save_for_backward(seen, rows)
        ctx.shape, ctx.padding = weight.shape, padding
        out = seen @ rows.t()
        return out.view(count, side, side, len(weight)).permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        seen, rows = ctx.saved_tensors
        count, channels_out, side, _ = gradient.shape
        gradient = gradient.permute(0, 2, 3, 1).reshape(count, -1)
        below = of_weight = None
        if ctx.needs_input_grad[0]:
            below = (gradient @ rows).view(count, side, side, -1).permute(0, 3, 1, 2)
        if ctx.needs_input_grad[1]:
            _, channels, kernel, _ = ctx.shape
            of_weight = gradient.new_zeros(channels_out, kernel, kernel, channels)
            blocks = (gradient.t() @ seen).view(side * side, channels_out, side, side, channels)
            for block, (down, across) in zip(blocks, _corners(side, ctx.padding), strict=True):
                of_weight[:, down : down + side, across : across + side] += block
            of_weight = of_weight.permute(0, 3, 1, 2)
        return below, of_weight, None


def _dense_weight(weight: Tensor, side: int, padding: int) -> Tensor:
    """The weight from every value of a map (side × side × C) to every value of the next one."""
    kernels = weight.permute(0, 2, 3, 1)
    corners = _corners(side, padding)
    parts = [kernels[:, down : down + side, across : across + side] for down, across in corners]
    return torch.stack(parts).reshape(side * side * len(weight), -1)


def _corners(side: int, padding: int) -> list[tuple[int, int]]:
    """For each pixel of the output, where in the kernel the map begins."""
    starts = [padding - place for place in range(side)]
    return [(down, across) for down in starts for across in starts]


def _overruns(weight: Tensor, stride: object, padding: object) -> bool:
    """Whether oneDNN's gradient of such a convolution would write past its buffer's end."""
    pointwise = weight.shape[1] < CHANNELS_OF_A_VECTOR and set(weight.shape[2:]) == {1}
    return (
        pointwise and padding in (0, (0, 0), [0, 0], "valid") and stride not in (1, (1, 1), [1, 1])
    )


def _subsample_before(module: nn.Conv2d) -> None:
    """Let a 1×1 convolution of any kind see only the pixels that its stride leaves."""
    down, across = module.stride
    module.stride = (1, 1)
    module.register_forward_pre_hook(
        lambda _, inputs: (inputs[0][..., ::down, ::across], *inputs[1:])
    )


class _Refusing(TorchFunctionMode):
    """Refuses a convolution that would run into oneDNN's fault."""

    def __torch_function__(
        self,
        function: Callable[..., Any],
        _types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Look at the arguments of `conv2d` and pass every call on."""
        if function is torch.conv2d:
            names = ("input", "weight", "bias", "stride", "padding")
            given = {"stride": 1, "padding": 0} | dict(zip(names, args, strict=False))
            given |= kwargs or {}
            if _overruns(given["weight"], given["stride"], given["padding"]):
                raise UserError(
                    f"this network convolves {given['weight'].shape[1]} channels by a 1×1 kernel "
                    "with a stride, in code of its own; in fp32 the CPU's library (oneDNN) would "
                    "overwrite memory in its gradient: train it on a GPU, or choose another "
                    "network or width"
                )
        return function(*args, **kwargs or {})
