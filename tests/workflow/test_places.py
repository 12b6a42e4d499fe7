"""The workflow plans its jobs wherever it is started and installed, or says why it cannot."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from project import ROOT

pytestmark = pytest.mark.slow


def plan(folder, *arguments, python=sys.executable, **variables) -> subprocess.CompletedProcess:
    """A dry run that is started in `folder`."""
    return subprocess.run(
        [python, "-m", "snakemake", "--dry-run", "--cores", "1", "--quiet", "host", *arguments],
        cwd=folder,
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def assert_planned(done) -> None:
    assert done.returncode == 0, done.stdout[-3000:]
    assert "rule all:" in done.stdout


def test_in_another_folder_without_a_home(tmp_path):
    assert_planned(plan(tmp_path, "-s", str(ROOT / "Snakefile"), HOME="/dev/null/none"))


def test_by_an_installed_package(tmp_path):
    """What pip would install, on the path before this checkout."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    wheel = wheel["targets"]["wheel"]
    for package in wheel["packages"]:
        shutil.copytree(ROOT / package, tmp_path / "installed" / package)
    for source, target in wheel["force-include"].items():
        shutil.copyfile(ROOT / source, tmp_path / "installed" / target)

    installed = str(tmp_path / "installed")
    assert_planned(plan(tmp_path, "-s", str(ROOT / "Snakefile"), PYTHONPATH=installed))


def test_as_a_module_of_another_workflow(tmp_path):
    (tmp_path / "Snakefile").write_text(
        f"configfile: '{ROOT}/config/config.yaml'\n"
        "module cil:\n"
        f"    snakefile: '{ROOT}/Snakefile'\n"
        "    config: config\n"
        "use rule * from cil\n"
    )
    assert_planned(plan(tmp_path))


def test_as_a_module_of_a_git_address_it_says_what_it_needs(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path / "repository"], check=True)
    shutil.copyfile(ROOT / "Snakefile", tmp_path / "repository/Snakefile")
    git = ["git", "-C", tmp_path / "repository", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    (tmp_path / "Snakefile").write_text(
        "module cil:\n"
        f"    snakefile: gitfile('{tmp_path}/repository', path='Snakefile', ref='HEAD')\n"
        "use rule * from cil\n"
    )
    done = plan(tmp_path)

    assert done.returncode != 0
    assert "this workflow needs its package beside it; clone the repository" in done.stdout


def test_a_python_whose_path_has_a_space_is_refused_at_the_start(tmp_path):
    (tmp_path / "a folder").symlink_to(sys.prefix)

    done = plan(ROOT, python=Path(tmp_path, "a folder/bin/python"))

    assert done.returncode != 0
    assert "a folder/bin/python: Snakemake cannot run a Python whose path has a" in done.stdout
