"""Pictures of the running survey, taken by a browser without a window."""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cil.errors import UserError
from cil.survey import links
from cil.survey.choice import votes_for
from cil.survey.experiment import Survey
from cil.survey.server import address_of, make_server, stop

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    *("--headless", "--disable-gpu", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--hide-scrollbars", "--no-first-run"),
    "--virtual-time-budget=5000",  # milliseconds for the page's own requests
)
SECONDS = 60


def browser() -> str | None:
    """The path of a browser that can be run without a window, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def serving(survey: Survey) -> Iterator[str]:
    """Serve `survey` from this process on a free port; gives the address."""
    server = make_server(survey, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield address_of(server, "127.0.0.1")
    finally:
        stop(server)
        thread.join(timeout=5)


@contextmanager
def voting_page(experiment: Path, wnid: str, choice: str) -> Iterator[str]:
    """The address of the page of class `wnid`, as somebody sees it who chose `choice`."""
    with tempfile.TemporaryDirectory() as folder:
        survey = Survey.open(experiment, f"{folder}/votes.sqlite", create=True)
        voter = survey.store.invite("")
        survey.board.cast(votes_for(survey.hierarchy, voter.id, wnid, choice, "", []))
        try:
            with serving(survey) as address:
                token = links.token_of(survey.store.secret, voter.id)
                yield f"{address}/v/{token}/class/{wnid}"
        finally:
            survey.store.close()


def photograph(address: str, file: Path, width: int, height: int, scale: float = 2) -> None:
    """Save what a window of `width` x `height` CSS pixels shows of `address`, as PNG.

    Raises UserError if there is no browser, or if it fails.
    """
    program = browser()
    if program is None:
        raise UserError(f"no browser: none of {', '.join(BROWSERS)} is installed")
    sandbox = ["--no-sandbox"] if hasattr(os, "getuid") and os.getuid() == 0 else []
    with tempfile.TemporaryDirectory() as profile:
        command = [
            *(program, *QUIET, *sandbox, f"--user-data-dir={profile}"),
            *(f"--window-size={width},{height}", f"--force-device-scale-factor={scale}"),
            *(f"--screenshot={file}", address),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
        except (subprocess.SubprocessError, OSError) as error:
            raise UserError(f"{program}: {error}") from None
    if not file.exists():
        raise UserError(f"{program}: it saved no picture of the page")
