"""In which precision a network computes: what auto takes, what is obeyed, what is kept."""

import json
import os
import subprocess
import sys

import pytest
import torch

from cil.errors import UserError
from cil.training.devices import precision
from cil.training.devices.precision import of_capability, of_cpu, resolve
from cil.training.loop import Trainer

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("capability", "kinds"),
    [
        ((6, 0), []),
        ((7, 0), ["fp16"]),
        ((7, 5), ["fp16"]),  # bf16 is emulated there
        ((8, 0), ["bf16", "fp16", "tf32"]),
        ((12, 0), ["bf16", "fp16", "tf32"]),
    ],
)
def test_what_gpus_multiply(capability, kinds):
    assert list(of_capability(capability)) == kinds


@pytest.fixture
def cpu_with(monkeypatch):
    """A CPU that has units, and convolves in bf16 so many times as fast."""

    def have(units: dict[str, object], times_as_fast: float) -> None:
        of_cpu.cache_clear()
        monkeypatch.setattr(precision, "_capabilities", lambda: units)
        monkeypatch.setattr(precision, "bf16_against_fp32", lambda: times_as_fast)

    yield have
    of_cpu.cache_clear()


def test_auto_on_cpus(cpu_with):
    cpu_with({"avx2": True, "avx512_bf16": False}, 0.1)
    assert resolve("auto", CPU).kind == "fp32"
    cpu_with({"avx512_bf16": True, "amx_bf16": True, "cpu_name": "some CPU"}, 2.5)
    assert resolve("auto", CPU).kind == "bf16"
    assert "amx_bf16, avx512_bf16" in resolve("auto", CPU).reason
    cpu_with({"avx512_bf16": True}, 0.1)  # the units are there, and oneDNN is told not to use them
    assert resolve("auto", CPU).kind == "fp32"


@pytest.mark.skipif(
    torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"), reason="not an x86 CPU"
)
def test_auto_is_fp32_where_newer_units_are_not_used():
    """A new CPU that is told to do as an old one."""
    program = (
        "import torch; from cil.training.devices.precision import resolve; "
        "print(resolve('auto', torch.device('cpu')).kind)"
    )
    old = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | old,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "fp32"


def test_a_wish_is_obeyed_with_a_warning_where_it_is_slow(cpu_with, caplog):
    cpu_with({}, 0.1)
    assert resolve("bf16", CPU).kind == "bf16"
    assert "bf16 is emulated on this CPU" in caplog.text
    assert resolve("fp16", CPU).kind == "fp16"
    assert "fp16 is emulated on this CPU" in caplog.text
    caplog.clear()
    cpu_with({"amx_bf16": True}, 3.0)
    assert resolve("bf16", CPU).kind == "bf16"
    assert resolve("fp32", CPU).kind == "fp32"
    assert caplog.text == ""


def test_a_wish_that_cannot_be_is_refused():
    with pytest.raises(UserError, match="found tf32, which this CPU does not have"):
        resolve("tf32", CPU)


def test_what_was_taken_is_said_and_written(trainer, cpu_with, tmp_path, caplog):
    cpu_with({}, 0.1)
    with caplog.at_level("INFO"):
        metrics = trainer().run()

    assert "precision fp32: this CPU has no units" in caplog.text
    assert metrics["config"]["precision"] == "fp32"
    assert metrics["precision_reason"].startswith("this CPU has no units")
    written = json.loads((tmp_path / "model" / "metrics.json").read_text())
    assert written["precision_reason"] == metrics["precision_reason"]


@pytest.mark.parametrize("kind", ["bf16", "fp16", "fp32"])
def test_each_precision_learns_and_ends_in_the_same_bits_when_stopped(
    trainer, stop_after, tmp_path, kind
):
    """Stopped in the middle of an epoch; with fp16 the scale of the gradients is kept, too."""
    settings = {"precision": kind, "epochs": 8, "learning_rate": 0.03}
    assert trainer("whole", **settings).run()["top1"] > 0.5
    stop_after(trainer("stopped", **settings), steps=9)
    trainer("stopped", **settings).run()

    whole, stopped = (tmp_path / name / "model.safetensors" for name in ("whole", "stopped"))
    assert whole.read_bytes() == stopped.read_bytes()


def scale(training: Trainer, factor: float) -> None:
    """Let gradients be scaled by this."""
    scaler = training.step.scaler
    scaler.load_state_dict(scaler.state_dict() | {"scale": factor})


def test_the_scale_of_gradients_is_in_the_checkpoint(trainer, stop_after):
    stopped = trainer("model", precision="fp16", epochs=8)
    scale(stopped, 2.0**9)
    stop_after(stopped, steps=9)

    fresh = trainer("model", precision="fp16", epochs=8)
    assert fresh.step.scaler.get_scale() == 2.0**16
    fresh.checkpoints.load(fresh.network, fresh.optimiser, None, fresh.step.scaler)
    assert fresh.step.scaler.get_scale() == stopped.step.scaler.get_scale() == 2.0**9


def test_a_step_whose_gradients_overflow_is_left_out_and_the_scale_falls(trainer):
    training = trainer(precision="fp16", epochs=8)
    scale(training, 2.0**120)
    before = {name: value.clone() for name, value in training.network.named_parameters()}
    next(iter(training._steps(epoch=0, first=0)))

    assert training.step.scaler.get_scale() == 2.0**119
    assert all(torch.equal(v, before[name]) for name, v in training.network.named_parameters())


def test_auto_goes_on_in_the_precision_in_which_a_training_began(
    trainer, stop_after, cpu_with, tmp_path
):
    """As on a cluster whose machines differ."""
    cpu_with({}, 0.1)
    trainer("whole", epochs=3).run()
    stop_after(trainer("moved", epochs=3), steps=9)
    cpu_with({"amx_bf16": True}, 3.0)
    moved = trainer("moved", epochs=3)
    assert moved.precision == ("fp32", "as the training began")
    moved.run()

    whole, stopped = (tmp_path / name / "model.safetensors" for name in ("whole", "moved"))
    assert whole.read_bytes() == stopped.read_bytes()
    assert trainer("moved", epochs=3).is_done()
    assert trainer("elsewhere", epochs=3).precision.kind == "bf16"


def test_auto_takes_over_what_it_made_in_another_precision(trainer, cpu_with, tmp_path, caplog):
    cpu_with({}, 0.1)
    trainer("made", epochs=1).run()
    model = tmp_path / "made" / "model.safetensors"
    made = model.read_bytes()
    model.unlink()  # as Snakemake does before it runs a step again
    cpu_with({"amx_bf16": True}, 3.0)
    again = trainer("made", epochs=1)

    assert again.precision.kind == "bf16" and again.is_done()
    assert again.run(anew=False)["config"]["precision"] == "fp32"
    assert model.read_bytes() == made
    assert not trainer("made", epochs=1, precision="bf16").is_done()


def test_auto_begins_anew_where_the_training_began_in_what_is_slow_here(
    trainer, stop_after, cpu_with, caplog
):
    cpu_with({"amx_bf16": True}, 3.0)
    stop_after(trainer("moved", epochs=3), steps=9)
    cpu_with({}, 0.1)
    moved = trainer("moved", epochs=3)

    assert moved.precision.kind == "fp32"
    moved.run()
    assert "belongs to another training (recipe.precision was bf16, is fp32)" in caplog.text
