"""The same profile on a cluster whose controller forgets jobs, and whose database does not."""

import subprocess
import sys

import pytest
import yaml
from project import ROOT, Project
from small import CONFIG

pytestmark = pytest.mark.slow


def test_where_the_controller_forgets_jobs_the_database_says_how_they_ended(
    accounted, wordnet, tmp_path
):
    project = Project.copy_to(tmp_path)
    project.path("resources").symlink_to(ROOT / "resources")
    path = project.path("profiles/slurm/config.yaml")
    profile = yaml.safe_load(
        path.read_text().replace("# slurm_account: my-project", "slurm_account: lab")
    )
    profile |= {"cores": 2, "slurm-init-seconds-before-status-checks": 1, "latency-wait": 15}
    path.write_text(yaml.safe_dump(profile))

    command = [sys.executable, "-m", "snakemake", "--profile", "profiles/slurm", *CONFIG]
    done = subprocess.run(
        [*command, "--", "results/small/hierarchy/wnids.txt"],
        cwd=project.folder,
        env=project.environment | accounted.environment | {"PYTHONPATH": str(project.folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )

    assert done.returncode == 0, done.stdout[-4000:]
    assert "Falling back to 'sacct'" in done.stdout
    jobs = accounted.said("sacct", "-XnP", "--format=Account,State").splitlines()
    assert jobs == ["lab|COMPLETED"]
