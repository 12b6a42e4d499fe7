"""SIGKILL at random moments: nothing is lost, nothing half-written is taken for whole."""

import contextlib
import os
import random
import shutil
import signal
import time

import psutil
import pytest

pytestmark = pytest.mark.slow

SEED = random.SystemRandom().randrange(10**6)


def steps_of(snakemake) -> list[psutil.Process]:
    """The scripts that a Snakemake runs at this moment; the trainings alone, if there are any."""
    steps, trainings = [], []
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(snakemake.pid).children(recursive=True):
            command = " ".join(child.cmdline())
            if ".snakemake/scripts/" in command:
                (trainings if ".train.py" in command else steps).append(child)
    return trainings or steps


def kill_something(snakemake, chance: random.Random) -> str:
    """Kill a step, which Snakemake survives, or Snakemake alone, or all at once."""
    victim = chance.choice(["step", "step", "snakemake", "all"])
    if victim == "step" and (steps := steps_of(snakemake)):
        with contextlib.suppress(psutil.NoSuchProcess):
            chance.choice(steps).kill()
    elif victim == "all":
        os.killpg(snakemake.pid, signal.SIGKILL)
    else:
        snakemake.kill()
        victim = "snakemake"
    return victim


@pytest.mark.parametrize("seed", [SEED], ids=["drawn"])  # a failure shows it
def test_after_twenty_kills_a_plain_rerun_ends_in_the_same_results(broken, seed):
    chance = random.Random(seed)
    for folder in ("images", "models", "labels", "evaluation"):
        shutil.rmtree(broken.results / folder)
    killed = []
    while len(killed) < 20:
        snakemake = broken.start("--quiet", "all", "--retries", "20")
        time.sleep(chance.uniform(1, 6))
        while snakemake.poll() is None and len(killed) < 20:
            killed.append(kill_something(snakemake, chance))
            time.sleep(chance.uniform(0.2, 3))
        # What is orphaned runs on, beside the next run.
        snakemake.wait(300)
        assert broken.wrong() == [], killed
        if snakemake.returncode == 0:
            shutil.rmtree(broken.results / chance.choice(["models", "images"]))

    status, said = broken.run()

    assert status == 0, said[-6000:]
    assert broken.faults() == []
