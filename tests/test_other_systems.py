"""The tools work where Python has less than on Linux, and the pipeline where it has macOS's."""

import subprocess
import sys
from pathlib import Path

import pytest

from cil.cli import main

ROOT = Path(__file__).resolve().parents[1]

# What Python lacks on Windows (but resource, which psutil needs on Linux alone), and on macOS.
NOT_ON_WINDOWS = ("fcntl", "pwd", "grp", "termios", "pty", "syslog")
NOT_IN_OS = ("chown", "fork", "pread", "pwrite", "sched_getaffinity")
NOT_ON_MACOS = ("sched_getaffinity",)


def run_without(modules: tuple[str, ...], functions: tuple[str, ...], *names: str) -> None:
    """Run tests in a process that has neither these modules nor these functions of `os`."""
    program = (
        "import os, pytest, sys\n"
        f"for name in {modules}: sys.modules[name] = None\n"
        f"for name in {functions}: hasattr(os, name) and delattr(os, name)\n"
        f"sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', *{names}]))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


@pytest.mark.slow
def test_the_tools_work_without_what_windows_lacks():
    run_without(
        NOT_ON_WINDOWS,
        NOT_IN_OS,
        "tests/classifier/test_classify.py::test_json_has_a_line_per_picture",
        "tests/classifier/test_collapse.py::test_an_onnx_file_is_summed_exactly",
        "tests/evaluation/test_command.py::test_arrays_go_by_order",
        "tests/labels/test_audit.py::test_any_label_file_can_be_audited_from_the_console",
        "tests/record/test_provenance.py::test_untouched_results_pass",
    )


@pytest.mark.slow
def test_folders_of_pictures_are_read_without_what_macos_lacks():
    run_without((), NOT_ON_MACOS, "tests/images/test_folder.py")


def test_what_a_system_does_not_have_is_not_to_be_installed(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.delitem(sys.modules, "cil.locks", raising=False)
    monkeypatch.setattr("cil.cli.COMMANDS", {"verify": ("cil.locks", "wants locks")})

    assert main(["verify", "results"]) == 1
    said = capsys.readouterr().err
    assert "needs fcntl, which Python does not have on" in said
    assert "install" not in said
