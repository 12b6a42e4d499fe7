"""Where a training runs: choices that change its speed, not its recipe."""

import ctypes
import dataclasses
import importlib.util
import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torchvision

from cil.errors import UserError
from cil.training.recipe import Recipe

logger = logging.getLogger(__name__)

# For torch.compile: the many small kernels of casts and statistics become few; and what is the
# same for a channel is loaded once for many of its values.
_FEWER = {"combo_kernels": True}
_TRIED = {"max_autotune": True, "coordinate_descent_tuning": True, "triton.prefer_nd_tiling": True}
COMPILE_OPTIONS = {"default": _FEWER, "max-autotune": _FEWER | _TRIED}
COMPILE = ("auto", "off", *COMPILE_OPTIONS)  # what `compile` may be
PLACES = ("auto", "device", "memory-map")  # what `place` may be

RANGES = {"threads": (0, 256), "loader_threads": (1, 64), "processes": (1, 64)}


@dataclass(frozen=True)
class Machine:
    """The device and how it is used."""

    device: str = "auto"  # auto: a GPU if one can be used; cpu, cuda, cuda:1, …, mps (a Mac's)
    threads: int = 0  # CPU threads that compute; 0: torch's choice. Changes the last bits.
    loader_threads: int = 2  # threads that gather pictures; change nothing but the speed
    place: str = "auto"  # pictures: device (on the GPU), memory-map, auto: on the GPU if they fit
    processes: int = 1  # that share a training, each with a GPU and a slice of every batch
    compile: str = "auto"  # off, default or max-autotune; auto: default on CUDA
    graph: bool = True  # CUDA: launch a step's kernels all at once, as a graph

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        for key, allowed in {"place": PLACES, "compile": COMPILE}.items():
            found = getattr(self, key)
            if found not in allowed:
                raise UserError(
                    f"training key {key}: found {found!r}; allowed are {', '.join(allowed)}"
                )
        for key, (low, high) in RANGES.items():
            found = getattr(self, key)
            if not low <= found <= high:
                raise UserError(f"training key {key}: found {found}; allowed: {low} to {high}")

    @classmethod
    def from_config(cls, config: Mapping[str, Any], threads: int = 0) -> "Machine":
        """The keys of `config` that are about the machine, and `threads` to compute with."""
        keys = {field.name for field in dataclasses.fields(cls)} & config.keys()
        return cls(**{key: config[key] for key in keys} | {"threads": threads})

    def prepare(self, recipe: Recipe, device: torch.device) -> None:
        """Set up torch for `recipe` on `device`, for the whole process."""
        if device.type == "cuda":
            torch.cuda.set_device(device.index or 0)
            _prepare_cuda(recipe)
        else:
            if self.threads:
                torch.set_num_threads(self.threads)
            # Subnormal numbers, frequent late in training, are many times slower to compute.
            torch.set_flush_denormal(True)
            _keep_memory()

    def compile_options(self, recipe: Recipe, device: torch.device) -> dict[str, Any]:
        """The options of torch.compile; none of them if it is not to be used.

        On the CPU the convolutions take nearly all of the time and are the same either way;
        compiling costs minutes. Compiled kernels are chosen by their speed, at each start anew:
        a deterministic training does without. Raises UserError if it is wanted and cannot be.
        """
        if self.compile == "off":
            return {}
        if self.compile != "auto":
            if missing := missing_compiler(device):
                raise UserError(
                    f"training key compile: found {self.compile}, but {missing}; or set "
                    "compile: off"
                )
            return dict(COMPILE_OPTIONS[self.compile])
        if device.type != "cuda" or recipe.deterministic:
            return {}
        if missing := missing_compiler(device):
            logger.warning("not compiled, which makes a training slower: %s", missing)
            return {}
        return dict(COMPILE_OPTIONS["default"])

    @property
    def fuses_norms(self) -> bool:
        """Whether a GPU's batch norms are to be compiled together with what follows them."""
        return self.compile == "max-autotune"

    def replays(self, recipe: Recipe, device: torch.device, processes: int) -> bool:
        """Whether steps are CUDA graphs.

        A team's are not, as its processes talk meanwhile; nor are those in fp16, whose scale of
        the gradients changes from step to step (not tried within a graph).
        """
        alone = processes == 1 and recipe.precision != "fp16"
        return self.graph and device.type == "cuda" and alone


def missing_compiler(device: torch.device) -> str:
    """What torch.compile lacks for `device`, and what to do; "" where it lacks nothing."""
    if device.type == "cuda":
        if importlib.util.find_spec("triton") is None:
            return "the package triton is not there: install a build of torch that comes with it"
        if torch.cuda.get_device_capability(device) < (7, 0):
            return "GPUs of compute capability below 7.0 cannot be compiled for"
    variable, names = (
        ("CC", ("gcc", "clang", "cc"))
        if device.type == "cuda"
        else (
            "CXX",
            ("g++", "clang++", "c++"),
        )
    )
    if any(map(shutil.which, (os.environ.get(variable) or names[0], *names))):
        return ""
    return f"there is no compiler ({', '.join(names)}): install one, or name it in ${variable}"


def _keep_memory() -> None:
    """Let glibc keep freed memory for the next step, in one heap.

    It hands large tensors back to the kernel as soon as they are freed; getting them anew,
    page by page and zeroed, takes a seventh of a step. Elsewhere than on glibc this does nothing.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    # malloc.h: M_MMAP_MAX, M_TRIM_THRESHOLD (-1: never), M_ARENA_MAX.
    for option, value in ((-4, 0), (-1, -1), (-8, 1)):
        mallopt(option, value)


def _prepare_cuda(recipe: Recipe) -> None:
    if recipe.deterministic:
        # Without it cuBLAS refuses; it is read when a process first multiplies.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        # Filling what is overwritten anyway finds mistakes and costs time.
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cuda.matmul.allow_tf32 = recipe.precision != "fp32"
    torch.backends.cudnn.allow_tf32 = recipe.precision != "fp32"
    torch.backends.cudnn.benchmark = not recipe.deterministic
    torch.use_deterministic_algorithms(recipe.deterministic)


def describe(device: torch.device) -> dict[str, str | int]:
    """What the training ran on, for metrics.json."""
    if device.type == "cuda":
        return {"device": torch.cuda.get_device_name(device)}
    return {"device": device.type, "threads": torch.get_num_threads()}


def versions() -> dict[str, str]:
    """What computed it, for metrics.json."""
    return {module.__name__: module.__version__ for module in (torch, torchvision, np)}
