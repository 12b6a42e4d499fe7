"""In which precision a network computes: what `precision: auto` takes, and why."""

import contextlib
import functools
import logging
import time
from typing import NamedTuple

import torch

from cil.errors import UserError

logger = logging.getLogger(__name__)

# What is computed in half precision; the weights stay fp32, as do the last layer and the loss.
HALVES = {"bf16": torch.bfloat16, "fp16": torch.float16}

AUTO = (*HALVES, "fp32")  # what `auto` may be
KINDS = (*AUTO, "tf32")

# How many times as fast as fp32 bf16 must convolve: with units for it, it does 2 to 3 times.
WORTH = 1.05


class Precision(NamedTuple):
    """`kind` (bf16, fp16, tf32 or fp32) for a `reason`."""

    kind: str
    reason: str


def autocast(kind: str, device: torch.device) -> contextlib.AbstractContextManager:
    """The context in which a network computes in precision `kind`."""
    half = HALVES.get(kind)
    return torch.autocast(device.type, half or torch.bfloat16, enabled=half is not None)


def scaler(kind: str, device: torch.device) -> torch.amp.GradScaler | None:
    """What keeps gradients within the range of fp16; None where nothing has to."""
    return torch.amp.GradScaler(device.type) if kind == "fp16" else None


def resolve(asked: str, device: torch.device, made_in: str | None = None) -> Precision:
    """The precision for a training on `device` whose recipe asks for `asked`.

    `auto` is bf16 where the device multiplies it, fp16 on GPUs with units for that alone, else
    fp32; a training that goes on keeps the precision that it began in (`made_in`) unless that is
    slow here. Anything else is obeyed, with a warning where the device emulates it. Raises
    UserError for a precision that the device does not have.
    """
    native = _native(device)
    if asked == "auto":
        if made_in is not None and (made_in in native or made_in == "fp32"):
            return Precision(made_in, "as the training began")
        kind = next((kind for kind in ("bf16", "fp16") if kind in native), "fp32")
        return Precision(kind, native.get(kind) or _without_halves(device))
    if asked == "tf32" and asked not in native:
        raise UserError(
            f"training key precision: found tf32, which {_named(device)} does not have (GPUs of "
            "compute capability 8.0 and more do); use auto or fp32"
        )
    if asked in HALVES and asked not in native:
        logger.warning(
            "precision: %s is emulated on %s, often many times slower than fp32; "
            "auto takes what is fast",
            asked,
            _named(device),
        )
    return Precision(asked, "as asked")


def _native(device: torch.device) -> dict[str, str]:
    """The precisions below fp32 for which the device has units, each with what says so."""
    if device.type == "cuda":
        return of_capability(torch.cuda.get_device_capability(device), torch.version.hip)
    if device.type == "cpu":
        return of_cpu()
    return {}


def of_capability(capability: tuple[int, int], hip: str | None = None) -> dict[str, str]:
    """The precisions below fp32 of a GPU, by its compute capability."""
    if hip:
        return dict.fromkeys(HALVES, "this GPU has units for it")
    words = "GPUs of compute capability {}.{} have units for it".format(*capability)
    kinds = ("bf16", "fp16", "tf32") if capability >= (8, 0) else ("fp16",)
    return dict.fromkeys(kinds, words) if capability >= (7, 0) else {}


@functools.cache
def of_cpu() -> dict[str, str]:
    """bf16 if this CPU has units for it and oneDNN makes use of them.

    What a CPU can do, torch tells; whether it is done depends on more (ONEDNN_MAX_CPU_ISA). So a
    convolution of each kind is timed, in well under a second.
    """
    units = [name for name, there in _capabilities().items() if name.endswith("bf16") and there]
    if not units:
        return {}
    times_as_fast = bf16_against_fp32()
    logger.debug("bf16 convolves %.2f times as fast as fp32 (%s)", times_as_fast, units)
    if times_as_fast < WORTH:
        return {}
    return {"bf16": f"this CPU has units for it ({', '.join(sorted(units))})"}


def _capabilities() -> dict[str, object]:
    """What torch says of the CPU; before torch 2.11 it did not say, and a timing has to tell."""
    tell = getattr(torch.cpu, "get_capabilities", None)
    return dict(tell()) if tell else {"bf16": True}


def bf16_against_fp32(repeats: int = 20) -> float:
    """How many times as fast a convolution in bf16 is: the fastest of some, in turn.

    They run on one thread, and its own time counts, so that other work on the machine matters
    little: a training that is begun and one that is gone on with must not differ.
    """
    taken: dict[torch.dtype, list[float]] = {torch.bfloat16: [], torch.float32: []}
    layers = {}
    for dtype in taken:
        layer = torch.nn.Conv2d(64, 64, 3, padding=1, bias=False, dtype=dtype)
        inputs = torch.zeros(16, 64, 16, 16, dtype=dtype)
        layers[dtype] = (
            layer.to(memory_format=torch.channels_last),
            inputs.to(memory_format=torch.channels_last),
        )
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad():
            for _ in range(repeats + 1):
                for dtype, (layer, inputs) in layers.items():
                    began = time.thread_time()
                    layer(inputs)
                    taken[dtype].append(time.thread_time() - began)
    finally:
        torch.set_num_threads(threads)
    half, full = (min(seconds[1:]) for seconds in taken.values())
    return full / half


def _without_halves(device: torch.device) -> str:
    return f"{_named(device)} has no units for less that would be faster"


def _named(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return {"cpu": "this CPU", "mps": "a Mac's GPU"}[device.type]
