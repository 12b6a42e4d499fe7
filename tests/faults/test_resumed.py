"""Snakemake's own rerun goes on from the checkpoint of a training that was killed."""

import shutil
import time

import psutil
import pytest

pytestmark = pytest.mark.slow


def training_of(snakemake) -> psutil.Process | None:
    """The training that a Snakemake runs at this moment."""
    for child in psutil.Process(snakemake.pid).children(recursive=True):
        if ".train.py" in " ".join(child.cmdline()):
            return child
    return None


def test_a_rerun_goes_on_from_the_checkpoint_to_the_same_model(broken):
    folder = broken.results / "models/cil/seed0"
    model = "results/small/models/cil/seed0/model.safetensors"
    shutil.rmtree(folder)
    snakemake = broken.start(model)
    while snakemake.poll() is None and not list(folder.glob("checkpoint/[!.]*.safetensors")):
        time.sleep(0.01)
    training_of(snakemake).kill()
    said, _ = snakemake.communicate(timeout=120)
    assert snakemake.returncode == 1, said[-4000:]
    assert not broken.project.path(model).exists()

    status, said = broken.run(model)

    assert status == 0, said[-4000:]
    log = broken.results / "logs/train/cil.seed0.log"
    assert "going on after epoch" in log.read_text()
    whole = broken.whole.path(model).read_bytes()
    assert broken.project.path(model).read_bytes() == whole
