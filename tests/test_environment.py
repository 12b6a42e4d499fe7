"""The pins for conda users are those of the lock file."""

import os
import runpy
import subprocess
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_conda_environment_carries_the_locked_versions():
    written = (ROOT / "envs" / "environment.yaml").read_text(encoding="utf-8")
    expected = runpy.run_path(str(ROOT / "envs" / "update.py"))["environment"](ROOT)

    assert "torch==" in expected
    assert written == expected, "run: uv run python envs/update.py"


def test_a_new_conda_environment_finds_the_package_of_the_checkout(tmp_path):
    """The post-deploy script, as Snakemake runs it, on an environment without the package."""
    venv.create(tmp_path / "environment", symlinks=True)
    path = f"{tmp_path}/environment/bin:{os.environ['PATH']}"
    script = ROOT / "envs" / "environment.post-deploy.sh"
    subprocess.run(["bash", script], cwd=ROOT, env=os.environ | {"PATH": path}, check=True)

    found = subprocess.run(
        [f"{tmp_path}/environment/bin/python", "-c", "import cil; print(cil.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert Path(found.stdout.strip()) == ROOT / "cil" / "__init__.py"
