"""Real SLURM clusters for the tests of this folder: two nodes with one GPU each."""

import shutil
import tempfile
from pathlib import Path

import pytest
from cluster import Cluster, missing


@pytest.fixture(scope="session")
def cluster():
    """A cluster without accounting database; skipped where SLURM is not installed."""
    yield from _cluster(accounting=False)


@pytest.fixture(scope="module")
def accounted():
    """A cluster with an accounting database; skipped where slurmdbd is not installed."""
    yield from _cluster(accounting=True)


def _cluster(accounting: bool):
    if reason := missing(accounting):
        pytest.skip(f"no SLURM cluster here: {reason}")
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    cluster = Cluster.up(folder, accounting=accounting)
    yield cluster
    cluster.down()
    shutil.rmtree(folder)
