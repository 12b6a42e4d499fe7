"""What can train is found out before the first step, and said in words."""

import pytest
import torch

from cil.errors import UserError
from cil.training.devices import device
from cil.training.devices.device import Gpu, choose, explain_no_gpu, unusable
from cil.training.devices.machine import Machine
from cil.training.recipe import Recipe

# Of torch 2.15 for CUDA 13.2.
KERNELS = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120"]
V100, T4 = Gpu("Tesla V100", (7, 0)), Gpu("Tesla T4", (7, 5))


@pytest.mark.parametrize(
    ("capability", "architectures"),
    [
        ((7, 5), KERNELS),
        ((8, 9), KERNELS),  # kernels for 8.6 run on later GPUs of that major version
        ((9, 0), ["sm_80", "sm_90a"]),
        ((12, 1), KERNELS),
        ((13, 0), [*KERNELS, "compute_120"]),  # compiled by the driver
        ((9, 4), ["gfx942"]),  # another maker's
    ],
)
def test_gpus_that_this_torch_has_kernels_for(capability, architectures):
    assert unusable(Gpu("some GPU", capability), architectures) == ""


@pytest.mark.parametrize(
    ("capability", "architectures"),
    [
        ((7, 0), KERNELS),
        ((6, 0), KERNELS),
        ((8, 0), ["sm_75", "sm_86"]),
        ((13, 0), KERNELS),
        ((7, 0), ["compute_75"]),
    ],
)
def test_gpus_that_it_has_no_kernels_for(capability, architectures):
    said = unusable(Gpu("some GPU", capability), architectures)

    assert "some GPU has compute capability {}.{}".format(*capability) in said
    assert "install a build of torch" in said


def test_the_kernels_that_there_are_are_named():
    assert "kernels for 7.5, 8.0, 8.6, 9.0, 10.0, 12.0 alone" in unusable(V100, KERNELS)


@pytest.mark.parametrize(
    ("runtime", "driver", "loaded", "said", "there"),
    [
        (None, 0, True, "torch 2.15.0 is a build without CUDA", True),
        (None, 0, False, "torch 2.15.0 is a build without CUDA", False),
        ("13.2", 0, False, "torch sees no NVIDIA GPU", False),
        ("13.2", 12040, True, "knows CUDA up to 12.4 and torch 2.15.0 wants 13.2: update", True),
        ("13.2", 13000, True, "look at CUDA_VISIBLE_DEVICES", True),  # 13.0 does for 13.2
    ],
)
def test_why_there_is_no_gpu(runtime, driver, loaded, said, there):
    missing = explain_no_gpu("2.15.0", runtime, driver, loaded)

    assert said in missing.reason
    assert missing.there is there


@pytest.fixture
def with_gpus(monkeypatch):
    """A machine whose torch sees these GPUs (there is none in the tests)."""

    def see(*gpus: Gpu) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(gpus))
        monkeypatch.setattr(torch.cuda, "device_count", lambda: len(gpus))
        monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: KERNELS)
        monkeypatch.setattr(device, "_gpu", gpus.__getitem__)

    return see


def test_auto_takes_the_first_gpu_that_can_be_used(with_gpus, caplog):
    with_gpus(T4, V100)
    assert choose("auto") == torch.device("cuda")
    with_gpus(V100, T4)
    assert choose("auto") == torch.device("cuda:1")
    assert caplog.text == ""


def test_auto_says_why_it_goes_on_on_the_cpu(with_gpus, caplog):
    with_gpus(V100, V100)

    assert choose("auto") == torch.device("cpu")
    assert caplog.text.count("Tesla V100 has compute capability 7.0") == 1
    assert "training on the CPU" in caplog.text


def test_a_driver_that_is_too_old_is_not_passed_over(with_gpus, monkeypatch, caplog):
    with_gpus()
    monkeypatch.setattr(torch.version, "cuda", "13.2")
    monkeypatch.setattr(device, "driver_version", lambda: 11040)

    assert choose("auto") == torch.device("cpu")
    assert "the GPU's driver knows CUDA up to 11.4" in caplog.text


def test_cuda_refuses_with_the_same_words(with_gpus):
    with_gpus(V100)
    with pytest.raises(UserError, match=r"found cuda, but Tesla V100 has compute capability 7\.0"):
        choose("cuda")
    with pytest.raises(UserError, match="found cuda:3, but torch sees 1 GPUs"):
        choose("cuda:3")


@pytest.mark.parametrize("wanted", ["gpu", "xpu", "cuda:x", "meta"])
def test_a_device_that_does_not_exist(wanted):
    with pytest.raises(UserError, match=f"found '{wanted}'; allowed are auto, cpu, cuda"):
        choose(wanted)


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="this machine has a Mac's GPU")
def test_a_macs_gpu_that_is_not_there():
    with pytest.raises(UserError, match="found mps, but torch sees no Mac GPU"):
        choose("mps")


def test_a_compiler_that_is_not_there(monkeypatch, tmp_path):
    machine, cpu = Machine(compile="default"), torch.device("cpu")
    assert machine.compile_options(Recipe(), cpu)

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(UserError, match=r"found default, but there is no compiler .*compile: off"):
        machine.compile_options(Recipe(), cpu)
    assert Machine(compile="auto").compile_options(Recipe(), cpu) == {}
