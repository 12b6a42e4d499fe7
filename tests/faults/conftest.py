"""Copies of a finished small experiment, to be broken."""

import shutil

import pytest
from project import Project
from small import Small


@pytest.fixture
def broken(small, tmp_path) -> Small:
    """A copy of the finished small experiment, files, times, Snakemake's notes and all."""
    folder = tmp_path / "project"
    shutil.copytree(small.folder, folder, symlinks=True)
    (folder / "results/small/.running").unlink()
    return Small(Project(folder), Project(small.folder))
