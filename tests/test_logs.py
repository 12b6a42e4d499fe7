"""The log of a failed step says in one line what was wrong."""

import subprocess
import sys

import pytest

from cil.logs import last_error

STEP = """
from cil.errors import UserError
from cil.logs import configure_logging
import logging
configure_logging({log!r})
logging.getLogger("cil").info("reading")
raise {error}
"""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            "UserError('a.csv: row 3: found x;\\nexpected a number')",
            "a.csv: row 3: found x;\nexpected",
        ),
        ("ValueError('odd')", "ValueError: odd"),
    ],
)
def test_the_last_error_is_told_without_time_and_traceback(tmp_path, error, said):
    log = str(tmp_path / "step.log")
    program = STEP.format(log=log, error=error)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.returncode == 1
    assert last_error(log).startswith(said)


def test_a_step_that_was_killed_left_no_error(tmp_path):
    log = tmp_path / "step.log"
    log.write_text("2026-01-01 00:00:00,000 INFO cil: reading\n")

    assert last_error(log).startswith("it ended without a word: killed")
    assert last_error(tmp_path / "none.log") == last_error(log)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("returned non-zero exit status 127.", "it ended without a word (exit status 127)"),
        ("returned non-zero exit status 137.", "it ended without a word: killed, perhaps for lack"),
        ("died with <Signals.SIGKILL: 9>.", "it ended without a word: killed, perhaps for lack"),
    ],
)
def test_lack_of_memory_is_not_guessed_where_a_program_was_not_found(tmp_path, said, message):
    assert last_error(tmp_path / "none.log", said).startswith(message)
