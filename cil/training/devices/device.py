"""Which device trains: found out, and said in words, before the first step."""

import ctypes
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from cil.errors import UserError

logger = logging.getLogger(__name__)

DRIVER = Path("/proc/driver/nvidia/version")  # there where an NVIDIA driver is loaded


class Gpu(NamedTuple):
    """A GPU as CUDA names it."""

    name: str
    capability: tuple[int, int]


def choose(wanted: str, number: int = 0) -> torch.device:
    """The device for `training.device: wanted`; of a team's GPUs the one of `number`.

    `auto` takes the first GPU that this torch can use, else says why there is none and takes the
    CPU. Raises UserError for an unknown device, and for one that cannot be used.
    """
    try:
        device = torch.device("cpu" if wanted == "auto" else wanted)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda", "mps"):
        raise UserError(
            f"training key device: found {wanted!r}; allowed are auto, cpu, cuda (or cuda:1, …) "
            "and mps"
        )
    if wanted == "auto":
        return _first_gpu(number) or device
    if device.type == "cuda":
        return _cuda(number or device.index or 0)
    if device.type == "mps":
        if not torch.backends.mps.is_available():
            raise UserError("training key device: found mps, but torch sees no Mac GPU; use cpu")
        logger.warning("training on a Mac's GPU (mps), on which this package has not been tried")
    return device


def _first_gpu(number: int) -> torch.device | None:
    """The first GPU that can be used (a team's: that of `number`), or None and why."""
    missing = why_no_gpu()
    if missing:
        if missing.there:
            logger.warning("%s; training on the CPU", missing.reason)
        return None
    faults = []
    for index in [number] if number else range(torch.cuda.device_count()):
        fault = unusable(_gpu(index), torch.cuda.get_arch_list())
        if not fault:
            return _device(index)
        faults.append(fault)
    logger.warning("%s; training on the CPU", "; ".join(dict.fromkeys(faults)))
    return None


def _cuda(index: int) -> torch.device:
    missing = why_no_gpu()
    if missing:
        raise UserError(f"training key device: found cuda, but {missing.reason}; or use cpu")
    there = torch.cuda.device_count()
    if index >= there:
        raise UserError(
            f"training key device: found cuda:{index}, but torch sees {there} GPUs, numbered from 0"
        )
    fault = unusable(_gpu(index), torch.cuda.get_arch_list())
    if fault:
        raise UserError(f"training key device: found cuda, but {fault}; or use cpu")
    return _device(index)


def _device(index: int) -> torch.device:
    # Without a number a device is the current one, which is the first.
    return torch.device("cuda", index) if index else torch.device("cuda")


def _gpu(index: int) -> Gpu:
    return Gpu(torch.cuda.get_device_name(index), torch.cuda.get_device_capability(index))


class Missing(NamedTuple):
    """Why torch sees no GPU; `there` says whether the machine has one all the same."""

    reason: str
    there: bool


def why_no_gpu() -> Missing | None:
    """Why torch sees no GPU; None where it sees one."""
    if torch.cuda.is_available():
        return None
    return explain_no_gpu(torch.__version__, torch.version.cuda, driver_version(), DRIVER.exists())


def driver_version() -> int:
    """The newest CUDA that the driver knows (12040 is 12.4); 0 without a driver.

    Asked of the driver itself: torch does not tell where it cannot use it.
    """
    version = ctypes.c_int(0)
    try:
        ctypes.CDLL("libcuda.so.1").cuDriverGetVersion(ctypes.byref(version))
    except (OSError, AttributeError):
        return 0
    return version.value


def explain_no_gpu(version: str, runtime: str | None, driver: int, loaded: bool) -> Missing:
    """Why torch `version`, made for CUDA `runtime`, sees no GPU.

    `driver` is the newest CUDA that the driver knows (12040 is 12.4; 0 without one), `loaded`
    says whether the machine has a driver.
    """
    if runtime is None:
        reason = f"torch {version} is a build without CUDA: install one with CUDA"
        return Missing(reason, loaded)
    if not driver:
        reason = "torch sees no NVIDIA GPU: install its driver where there is one"
        return Missing(reason, loaded)
    known = f"{driver // 1000}.{driver % 1000 // 10}"
    if driver // 1000 < int(runtime.split(".")[0]):
        return Missing(
            f"the GPU's driver knows CUDA up to {known} and torch {version} wants {runtime}: "
            f"update the driver, or install a build of torch for CUDA {driver // 1000}",
            True,
        )
    return Missing(
        "torch sees no GPU, though there is a driver: look at CUDA_VISIBLE_DEVICES and nvidia-smi",
        loaded,
    )


def unusable(gpu: Gpu, architectures: Sequence[str]) -> str:
    """Why a torch with kernels for `architectures` (sm_75, …) cannot use `gpu`; "" if it can.

    Kernels for sm_XY run on X.Y and on later minor versions of X; compute_XY is compiled for
    anything newer by the driver. Architectures of other makers' GPUs (gfx…) are not judged.
    """
    known = [name for name in architectures if name.startswith(("sm_", "compute_"))]
    if not known:
        return ""
    for name in known:
        kind, _, digits = name.rstrip("abcdef").partition("_")
        version = int(digits[:-1]), int(digits[-1])
        same = version[0] == gpu.capability[0]
        if version <= gpu.capability and (kind == "compute" or same):
            return ""
    own = "{}.{}".format(*gpu.capability)
    return (
        f"{gpu.name} has compute capability {own}, and torch {torch.__version__} has kernels for "
        f"{_versions(known)} alone: install a build of torch that has them (those for CUDA 12.6 "
        "go down to 5.0)"
    )


def _versions(architectures: Sequence[str]) -> str:
    digits = [name.partition("_")[2].rstrip("abcdef") for name in architectures]
    return ", ".join(dict.fromkeys(f"{each[:-1]}.{each[-1]}" for each in digits))
