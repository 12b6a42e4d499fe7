"""Results that cannot be written."""

import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


@contextmanager
def mounted(folder: Path, *options: str):
    """A mount over `folder` for a while; skipped where this user may not mount."""
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"cannot mount here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_results_that_cannot_be_written_are_refused_before_any_step(broken):
    (broken.results / "labels/cil.json").unlink()
    with mounted(broken.results, "-o", "bind", str(broken.results)):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(broken.results)], check=True)
        status, said = broken.run()

    assert status != 0
    assert "Write-protected output files" in said
    assert "Traceback" not in said
