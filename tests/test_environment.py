"""The pins for conda users are those of the lock file."""

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_conda_environment_carries_the_locked_versions():
    written = (ROOT / "envs" / "environment.yaml").read_text(encoding="utf-8")
    expected = runpy.run_path(str(ROOT / "envs" / "update.py"))["environment"](ROOT)

    assert "torch==" in expected
    assert written == expected, "run: uv run python envs/update.py"
