"""A convolution with another way to its weight gradient is the same convolution."""

import pytest
import torch
from torch import nn

from cil.training.convolution import Convolution, use_matrix_products


def pair(*arguments, **keywords) -> tuple[nn.Module, nn.Module]:
    """A convolution of torch's and ours, with the same weights."""
    plain = nn.Conv2d(*arguments, **keywords)
    ours = nn.Sequential(nn.Conv2d(*arguments, **keywords))
    ours[0].load_state_dict(plain.state_dict())
    use_matrix_products(ours)
    return tuple(each.to(memory_format=torch.channels_last) for each in (plain, ours[0]))


def trained(convolution, inputs, gradient, dtype=torch.bfloat16):
    """What comes out, and the gradients of inputs and weights."""
    inputs = inputs.clone(memory_format=torch.preserve_format).requires_grad_()
    with torch.autocast("cpu", dtype, enabled=dtype is torch.bfloat16):
        outputs = convolution(inputs)
    outputs.backward(gradient.to(outputs.dtype))
    return outputs, inputs.grad, convolution.weight.grad


@pytest.mark.parametrize("memory", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "side"),
    [(3, 1, 1, 2), (3, 1, 1, 1), (3, 2, 1, 16), (3, 2, 1, 7), (1, 2, 0, 8), (2, 2, 0, 4)],
)
def test_outputs_and_gradients_are_those_of_torch(kernel, stride, padding, side, memory):
    torch.manual_seed(0)
    plain, ours = pair(8, 16, kernel, stride, padding, bias=False)
    inputs = torch.randn(32, 8, side, side).to(memory_format=memory)
    gradient = torch.randn_like(plain(inputs))
    theirs = trained(plain, inputs, gradient)
    found = trained(ours, inputs, gradient)

    assert "MatrixProduct" in found[0].grad_fn.name()
    assert torch.equal(found[0], theirs[0])
    assert torch.equal(found[1], theirs[1])
    # Sums of up to 2,048 products, rounded to bf16 at the end.
    torch.testing.assert_close(found[2], theirs[2], rtol=2**-7, atol=0.02)


@pytest.mark.parametrize(
    ("side", "keywords", "dtype"),
    [
        (32, {}, torch.bfloat16),  # a large map
        (2, {}, torch.float32),
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

    assert "MatrixProduct" not in found[0].grad_fn.name()
    assert all(torch.equal(*each) for each in zip(found, theirs, strict=True))


def test_a_frozen_one_has_no_gradient_and_answers_the_same():
    plain, ours = pair(4, 4, 3, 1, 1, bias=False)
    ours.requires_grad_(False)
    inputs = torch.randn(4, 4, 2, 2, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        outputs = ours(inputs)
        assert torch.equal(outputs, plain(inputs))
    outputs.sum().backward()
    assert ours.weight.grad is None
    assert inputs.grad is not None


def test_training_on_the_cpu_takes_it(trainer):
    convolutions = [m for m in trainer().network.modules() if isinstance(m, nn.Conv2d)]
    assert all(type(module) is Convolution for module in convolutions)
