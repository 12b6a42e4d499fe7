"""How fast each way of computing a convolution is, layer by layer of ResNet-18, on one CPU core.

    python -m benchmarks.convolutions [--side 16] [--width 64] [--pictures 128] [--precision fp32]

Shares of what a large matrix product of the same type reaches; more than 1 where products with
padding are left out. From these figures `cil/training/networks/convolution.py` chooses. Weights and
inputs are channels_last.
"""

import argparse
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor

from cil.training.networks.convolution import _dense_weight, _windows, pointwise

BACKWARD = torch.ops.aten.convolution_backward


def layers(side: int, width: int) -> list[tuple[int, int, int, int, int]]:
    """Channels in and out, kernel, stride and side of the map, of each kind of layer."""
    found = [(3, width, 3, 1, side), (width, width, 3, 1, side)]
    channels = width
    while len(found) < 11:
        found += [(channels, 2 * channels, kernel, 2, side) for kernel in (3, 1)]
        channels, side = 2 * channels, side // 2
        found.append((channels, channels, 3, 1, side))
    return found


def seconds(work: Callable[[], object], repeats: int = 4) -> float:
    """The least processor time of some runs, after one to warm up."""
    work()
    taken = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def ways(
    inputs: Tensor, weight: Tensor, gradient: Tensor, stride: int
) -> dict[str, Callable[[], object]]:
    """What computes outputs, gradients of inputs and gradients of weights, by name."""
    kernel, side, count = weight.shape[-1], inputs.shape[-1], len(inputs)
    padding = kernel // 2
    geometry = (None, [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1)
    flat = gradient.permute(0, 2, 3, 1).reshape(-1, len(weight))
    found: dict[str, Callable[[], object]] = {
        "out": lambda: torch.conv2d(inputs, weight, None, stride, padding),
        "in'": lambda: BACKWARD(gradient, inputs, weight, *geometry, [True, False, False]),
        "weight'": lambda: BACKWARD(gradient, inputs, weight, *geometry, [False, True, False]),
        "weight' by windows": lambda: flat.t() @ _windows(inputs, kernel, stride, padding),
    }
    if kernel == 1:
        found["out of every other pixel"] = lambda: pointwise(inputs, weight, stride)
    if stride == 1 and side <= padding + 1:
        rows = _dense_weight(weight, side, padding)
        seen = inputs.permute(0, 2, 3, 1).reshape(count, -1)
        back = gradient.permute(0, 2, 3, 1).reshape(count, -1)
        found["out, dense"] = lambda: seen @ _dense_weight(weight, side, padding).t()
        found["in', dense"] = lambda: back @ rows
        found["weight', dense"] = lambda: back.t() @ seen
    return found


def main() -> None:
    """Measure, and write a table to standard output."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--side", type=int, default=16)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--pictures", type=int, default=128)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    dtype = torch.bfloat16 if arguments.precision == "bf16" else torch.float32
    square = torch.randn(1024, 1024).to(dtype)
    floor = 2 * 1024**3 / seconds(lambda: square @ square)
    sys.stdout.write(f"A large product: {floor / 1e9:.1f} GFLOP/s\n")
    for channels, out, kernel, stride, side in layers(arguments.side, arguments.width):
        count, smaller = arguments.pictures, side // stride
        inputs, weight, gradient = (
            torch.randn(shape).to(dtype).contiguous(memory_format=torch.channels_last)
            for shape in (
                (count, channels, side, side),
                (out, channels, kernel, kernel),
                (count, out, smaller, smaller),
            )
        )
        flop = 2 * count * smaller**2 * channels * out * kernel**2
        shares = {
            name: flop / seconds(work) / floor
            for name, work in ways(inputs, weight, gradient, stride).items()
        }
        said = ", ".join(f"{name} {share:.2f}" for name, share in shares.items())
        sys.stdout.write(f"{channels}→{out}, {kernel}×{kernel} by {stride} on {side}²: {said}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
