"""SIGKILL at random moments: nothing is lost, nothing half-written is taken for whole."""

import os
import random
import shutil
import signal
import time

import psutil
import pytest

pytestmark = [
    pytest.mark.slow,
    # Passes; minutes that not every run need spend.
    pytest.mark.skipif("CIL_FAULT_TESTS" not in os.environ, reason="set CIL_FAULT_TESTS=1 to run"),
]

SEED = random.SystemRandom().randrange(10**6)


def steps_of(snakemake) -> list[psutil.Process]:
    """The scripts that a Snakemake runs at this moment."""
    try:
        children = psutil.Process(snakemake.pid).children(recursive=True)
        return [child for child in children if ".snakemake/scripts/" in " ".join(child.cmdline())]
    except psutil.NoSuchProcess:
        return []


def kill_something(snakemake, chance: random.Random) -> str:
    """Kill Snakemake alone, a step alone (a training, if one runs), or all at once."""
    steps = steps_of(snakemake)
    training = [step for step in steps if ".train.py" in " ".join(step.cmdline())]
    victim = chance.choice(["snakemake", "step", "all"])
    if victim == "step" and steps:
        chance.choice(training or steps).kill()
    elif victim == "all":
        os.killpg(snakemake.pid, signal.SIGKILL)
    else:
        snakemake.kill()
        victim = "snakemake"
    return victim


@pytest.mark.parametrize("seed", [SEED])
def test_after_twenty_kills_a_plain_rerun_ends_in_the_same_results(broken, seed):
    chance = random.Random(seed)
    for folder in ("images", "models", "labels", "evaluation"):
        shutil.rmtree(broken.results / folder)
    killed = []
    while len(killed) < 20:
        snakemake = broken.start("--quiet", "all")
        time.sleep(chance.uniform(1, 9))
        if snakemake.poll() is not None:
            assert snakemake.returncode == 0, snakemake.stdout.read()[-4000:]
            shutil.rmtree(broken.results / chance.choice(["models", "images"]))
            continue
        killed.append(kill_something(snakemake, chance))
        # What is orphaned runs on, beside the next run.
        snakemake.wait(300)
        assert broken.wrong() == [], killed

    status, said = broken.run()

    assert status == 0, said[-6000:]
    assert broken.is_whole()
