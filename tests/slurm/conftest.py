"""A real SLURM cluster for the tests of this folder."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from cluster import Cluster, missing


@pytest.fixture(scope="session")
def cluster():
    """Two nodes with one GPU each; skipped where SLURM is not installed."""
    if "CIL_SLURM_TESTS" not in os.environ:
        # Five minutes and more on two cores: not for every run.
        pytest.skip("takes long: set CIL_SLURM_TESTS=1 to run it")
    if reason := missing():
        pytest.skip(f"no SLURM cluster here: {reason}")
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    cluster = Cluster.up(folder)
    yield cluster
    cluster.down()
    shutil.rmtree(folder)
