"""A convolution computed in another way is the same convolution, and never oneDNN's fault."""

import ctypes.util
import os
import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d

from cil.errors import UserError
from cil.training.networks.convolution import Convolution, prepare_for_cpu


def pair(*arguments, **keywords) -> tuple[nn.Module, nn.Module]:
    """A convolution of torch's and ours, with the same weights."""
    plain = nn.Conv2d(*arguments, **keywords)
    ours = nn.Sequential(nn.Conv2d(*arguments, **keywords))
    ours[0].load_state_dict(plain.state_dict())
    prepare_for_cpu(ours, side=8, precision="bf16")
    return tuple(each.to(memory_format=torch.channels_last) for each in (plain, ours[0]))


def trained(convolution, inputs, gradient, dtype=torch.bfloat16):
    """What comes out, and the gradients of inputs and weights."""
    inputs = inputs.clone(memory_format=torch.preserve_format).requires_grad_()
    with torch.autocast("cpu", dtype, enabled=dtype is torch.bfloat16):
        outputs = convolution(inputs)
    outputs.backward(gradient.to(outputs.dtype))
    return outputs, inputs.grad, convolution.weight.grad


def exact(plain, inputs, gradient, dtype):
    """The same in double precision, of what is left of the values in `dtype`."""
    inputs, gradient, weight = (
        each.detach().to(dtype).double() for each in (inputs, gradient, plain.weight)
    )
    inputs.requires_grad_()
    weight.requires_grad_()
    outputs = conv2d(inputs, weight, None, plain.stride, plain.padding)
    outputs.backward(gradient)
    return outputs, inputs.grad, weight.grad


def error(found: torch.Tensor, expected: torch.Tensor) -> float:
    """The largest error over the largest value."""
    return ((found.double() - expected).abs().max() / expected.abs().max()).item()


SHAPES = [(3, 1, 1, 2), (3, 1, 1, 1), (3, 2, 1, 16), (3, 2, 1, 7), (1, 2, 0, 8), (2, 2, 0, 4)]
MEMORY = [torch.channels_last, torch.contiguous_format]


@pytest.mark.parametrize("memory", MEMORY)
@pytest.mark.parametrize(("kernel", "stride", "padding", "side"), SHAPES)
def test_in_bf16_outputs_are_torchs_and_gradients_as_near_to_the_exact_sums(
    kernel, stride, padding, side, memory
):
    torch.manual_seed(0)
    plain, ours = pair(8, 16, kernel, stride, padding, bias=False)
    inputs = torch.randn(32, 8, side, side).to(memory_format=memory)
    gradient = torch.randn_like(plain(inputs))
    theirs = trained(plain, inputs, gradient)
    found = trained(ours, inputs, gradient)
    truth = exact(plain, inputs, gradient, torch.bfloat16)

    assert "Windows" in found[0].grad_fn.name()
    assert torch.equal(found[0], theirs[0])
    assert torch.equal(found[1], theirs[1])
    # Rounded to bf16 at the end, and nowhere before.
    assert error(found[2], truth[2]) < 2**-8


# Each in another way: dense (3×3 on 2×2 and 1×1, 5×5 on 3×3), of every other pixel, by windows,
# torch's own.
FULL = [
    *((channels, *shape) for channels in (3, 8, 64) for shape in SHAPES),
    (3, 5, 1, 2, 3),
    (16, 5, 1, 2, 3),
    (16, 5, 1, 2, 4),
    (64, 3, 1, 1, 4),
    (128, 3, 1, 1, 8),
    (2, 1, 3, 0, 7),
    (7, 1, 2, 0, 9),
]


@pytest.mark.parametrize("memory", MEMORY)
@pytest.mark.parametrize(("channels", "kernel", "stride", "padding", "side"), FULL)
def test_in_fp32_outputs_and_gradients_are_the_exact_sums(
    channels, kernel, stride, padding, side, memory
):
    torch.manual_seed(0)
    plain, ours = pair(channels, 12, kernel, stride, padding, bias=False)
    inputs = torch.randn(6, channels, side, side).to(memory_format=memory)
    gradient = torch.randn_like(plain(inputs))
    found = trained(ours, inputs, gradient, torch.float32)
    truth = exact(plain, inputs, gradient, torch.float32)

    for ours_, exact_ in zip(found, truth, strict=True):
        assert error(ours_, exact_) < 3e-6  # sums of up to 1,152 products


def test_a_map_that_the_kernel_covers_is_a_dense_layer():
    _, ours = pair(4, 4, 3, 1, 1, bias=False)
    assert "Dense" in ours(torch.randn(4, 4, 2, 2)).grad_fn.name()
    assert "Dense" not in ours(torch.randn(4, 4, 3, 3)).grad_fn.name()
    assert "Dense" not in ours(torch.randn(4, 4, 2, 1)).grad_fn.name()


@pytest.mark.parametrize(
    ("side", "keywords", "dtype"),
    [
        (32, {}, torch.bfloat16),  # a large map
        (4, {}, torch.float32),
        (2, {"groups": 2}, torch.bfloat16),
        (2, {"bias": True}, torch.bfloat16),
        (2, {"padding_mode": "reflect"}, torch.bfloat16),
    ],
)
def test_elsewhere_it_is_torchs_own(side, keywords, dtype):
    plain, ours = pair(4, 4, 3, 1, 1, **{"bias": False} | keywords)
    inputs = torch.randn(4, 4, side, side)
    gradient = torch.randn_like(plain(inputs))
    theirs, found = (trained(each, inputs, gradient, dtype) for each in (plain, ours))

    assert "Windows" not in found[0].grad_fn.name()
    assert all(torch.equal(*each) for each in zip(found, theirs, strict=True))


@pytest.mark.parametrize("side", [2, 4])
def test_a_frozen_one_has_no_gradient_and_answers_the_same(side):
    plain, ours = pair(4, 4, 3, 1, 1, bias=False)
    ours.requires_grad_(False)
    inputs = torch.randn(4, 4, side, side, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(ours(inputs), plain(inputs))
    outputs = ours(inputs)
    outputs.sum().backward()
    assert ours.weight.grad is None
    assert inputs.grad is not None
    torch.testing.assert_close(outputs, plain(inputs))


def test_training_on_the_cpu_takes_it(trainer):
    convolutions = [m for m in trainer().network.modules() if isinstance(m, nn.Conv2d)]
    assert all(type(module) is Convolution for module in convolutions)


# A strided 1×1 convolution of few channels as a plain layer, with a bias, as a layer of another
# kind, and with a stride that differs by direction.
LAYERS = """
import torch
from torch import nn
from cil.training.networks.convolution import prepare_for_cpu

torch.set_num_threads(1)

class Standardised(nn.Conv2d):
    def forward(self, inputs):
        weight = self.weight - self.weight.mean()
        return nn.functional.conv2d(inputs, weight, self.bias, self.stride, self.padding)

def train(layer, prepare):
    torch.manual_seed(0)
    inputs = torch.randn(16, layer.in_channels, 8, 8).to(memory_format=torch.channels_last)
    network = nn.Sequential(nn.Conv2d(3, layer.in_channels, 1), layer)
    network.to(memory_format=torch.channels_last)
    expected = layer(inputs).sum().item()
    if prepare:
        prepare_for_cpu(network, 8, "fp32")
    for _ in range(4):
        outputs = layer(inputs)
        outputs.sum().backward()
    assert abs(outputs.sum().item() - expected) < 1e-3 * abs(expected) + 1e-3

for layer in (
    nn.Conv2d(4, 8, 1, 2, bias=False),
    nn.Conv2d(2, 8, 1, 2),
    nn.Conv2d(6, 8, 1, (2, 1)),
    nn.Conv2d(4, 4, 1, 2, padding="valid"),
    Standardised(4, 8, 1, 2),
):
    train(layer, PREPARE)
"""


def strictly(program: str) -> subprocess.CompletedProcess:
    """Run a program on an old CPU, or one that does as such, with a heap that is watched."""
    checked = {"LD_PRELOAD": "libc_malloc_debug.so.0", "MALLOC_CHECK_": "3"}
    old = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
    return subprocess.run(
        [sys.executable, "-c", program], env=os.environ | checked | old, capture_output=True
    )


@pytest.mark.skipif(
    ctypes.util.find_library("c_malloc_debug") is None, reason="needs glibc's checked heap"
)
def test_no_gradient_writes_where_it_must_not():
    done = strictly(LAYERS.replace("PREPARE", "True"))
    assert done.returncode == 0, done.stderr.decode()[-2000:]


def test_what_cannot_be_changed_is_refused():
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(8, 3, 1, 1))

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            return conv2d(inputs, self.weight, stride=(2, 2))

    prepare_for_cpu(Own(), 8, "bf16")
    with pytest.raises(UserError, match="convolves 3 channels by a 1×1 kernel with a stride"):
        prepare_for_cpu(Own(), 8, "fp32")
