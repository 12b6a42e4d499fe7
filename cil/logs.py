"""Logging of a step: everything to its log file, what a person must see to the console."""

import logging
import re
import sys
from pathlib import Path

from cil.errors import UserError

_FORMAT = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
_UNEXPECTED = "unexpected error"
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


def last_error(log: str | Path) -> str:
    """What the log of a failed step ends in: its last error, without time and traceback."""
    try:
        text = Path(log).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        text = ""
    errors = re.findall(r"^\S+ \S+ ERROR \S+: (.*?)(?=^\d{4}-\d\d-\d\d |\Z)", text, _WHOLE_RECORD)
    if not errors:
        return "it ended without a word: killed, perhaps for lack of memory"
    message = errors[-1].strip()
    unexpected = message.startswith(_UNEXPECTED)
    return message.splitlines()[-1] if unexpected else message


def _log_uncaught(kind, error, traceback) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
    elif issubclass(kind, UserError):
        logging.getLogger("cil").error("%s", error)
    else:
        logging.getLogger("cil").error(_UNEXPECTED, exc_info=(kind, error, traceback))
