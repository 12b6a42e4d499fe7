"""Stopping at the next step when the machine or a person asks for it."""

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

logger = logging.getLogger(__name__)

# EX_TEMPFAIL of sysexits.h: "try again later"; the next call goes on from the checkpoint.
RESUME = 75

# SLURM sends SIGTERM or, by --signal, SIGUSR1 ahead of the time limit; a person Ctrl-C.
SIGNALS = ("SIGTERM", "SIGINT", "SIGUSR1")


class Interrupted(SystemExit):
    """The training stopped at a signal, with a checkpoint; ends the process with RESUME."""

    def __init__(self, name: str) -> None:
        super().__init__(RESUME)
        self.name = name


class Interruption:
    """Whether one of SIGNALS came: the name of the first, or None."""

    def __init__(self, impatient: bool = True) -> None:
        """`impatient`: a second Ctrl-C stops at once, without a checkpoint."""
        self.name: str | None = None
        self.impatient = impatient

    def note(self, number: int, _frame: FrameType | None) -> None:
        """The signal handler: remember the signal; the loop looks between two steps."""
        if self.impatient and self.name is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.name = self.name or signal.Signals(number).name
        logger.warning("%s: stopping after this step", self.name)


@contextmanager
def interruptible(impatient: bool = True) -> Iterator[Interruption]:
    """Catch SIGNALS for the time of the block (in the main thread; elsewhere do nothing)."""
    interruption = Interruption(impatient)
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    before = {number: signal.signal(number, interruption.note) for number in numbers}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
