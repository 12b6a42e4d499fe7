"""Logging of a step: everything to its log file, what a person must see to the console."""

import logging
import re
import sys
from pathlib import Path
from types import TracebackType

from cil.errors import UserError

_FORMAT = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
_UNEXPECTED = "unexpected error"
_STATUS = re.compile(r"(?:non-zero exit status|died with <Signals\.\w+:) (\d+)")
_KILLED = {9, 15, 137, 143}  # SIGKILL and SIGTERM, and as a shell tells of them
_WHOLE_RECORD = re.DOTALL | re.MULTILINE


def configure_logging(
    log: str | Path | None = None, level: int = logging.INFO, append: bool = False
) -> None:
    """Send log records and uncaught exceptions to stderr and, if given, to the file `log`.

    The file begins anew, unless `append`: for a process that helps the one whose log it is.
    A UserError is shown by its message alone; any other exception with its traceback.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if log is not None:
        Path(log).parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(log, mode="a" if append else "w", encoding="utf-8"))
    for handler in handlers:
        handler.setFormatter(_FORMAT)
    logging.basicConfig(level=level, handlers=handlers, force=True)
    # Its debug records hold whole addresses, which may hold a secret.
    logging.getLogger("urllib3").setLevel(logging.INFO)
    # Says of every figure how it cut down the typeface.
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    sys.excepthook = _log_uncaught


def check_interpreter(path: str) -> None:
    """Raise UserError if Snakemake cannot run scripts by the Python at `path`.

    It writes the path into a shell command as it is.
    """
    if not re.fullmatch(r"[\w./+@%=:,~-]+", path):
        raise UserError(
            f"{path}: Snakemake cannot run a Python whose path has a space or a sign of the shell; "
            "move the clone, or its .venv, to a folder without"
        )


def last_error(log: str | Path, said: str = "") -> str:
    """What the log of a failed step ends in: its last error, without time and traceback.

    `said` is what Snakemake said of the run, for a step whose log has no error.
    """
    try:
        text = Path(log).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        text = ""
    errors = re.findall(r"^\S+ \S+ ERROR \S+: (.*?)(?=^\d{4}-\d\d-\d\d |\Z)", text, _WHOLE_RECORD)
    if not errors:
        statuses = {int(status) for status in _STATUS.findall(said)}
        if statuses and not statuses & _KILLED:
            return f"it ended without a word (exit status {min(statuses)}); see what is said above"
        return "it ended without a word: killed, perhaps for lack of memory"
    message = errors[-1].strip()
    unexpected = message.startswith(_UNEXPECTED)
    return message.splitlines()[-1] if unexpected else message


def _log_uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
    elif issubclass(kind, UserError):
        logging.getLogger("cil").error("%s", error)
    else:
        logging.getLogger("cil").error(_UNEXPECTED, exc_info=(kind, error, traceback))
