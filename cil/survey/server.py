"""The web server in front of the application."""

import logging
from contextlib import suppress
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from cil.errors import UserError
from cil.survey.app import create_app
from cil.survey.experiment import Survey
from cil.survey.public import behind

THREADS = 16  # a vote waits for the disk, not for a core
CONNECTIONS = 500
LARGEST_REQUEST = 1 << 20  # bytes; the application itself takes far less
PATIENCE = 30  # seconds for a silent connection


def make_server(survey: Survey, host: str, port: int, public_url: str = "") -> Any:
    """A waitress server that listens for `survey`; port 0 takes a free one.

    `public_url` is the address under which people reach it, where that is another.

    Raises UserError if the port cannot be had.
    """
    if not 0 <= port <= 65535:
        raise UserError(f"--port {port}: expected 0 to 65535, 0 being any free one; choose another")
    # A page's pictures are asked for all at once; that they queue is no news.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    app = create_app(survey)
    try:
        return create_server(
            behind(app, public_url) if public_url else app,
            host=host,
            port=port,
            threads=THREADS,
            connection_limit=CONNECTIONS,
            max_request_body_size=LARGEST_REQUEST,
            channel_timeout=PATIENCE,
            ident=None,
        )
    except (OSError, ValueError) as error:
        raise UserError(
            f"--host {host} --port {port}: {error}; choose another address or port"
        ) from None


def address_of(server: Any, host: str) -> str:
    """The address, without a path, of a server that listens on `host`.

    A name may stand for an address of IPv4 and one of IPv6, each with a socket of its own; the
    first one's port is given.
    """
    sockets = getattr(server, "effective_listen", None)
    port = sockets[0][1] if sockets else server.effective_port
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def stop(server: Any) -> None:
    """Let `server.run`, in another thread, return: nobody else may close what it listens to."""
    server.task_dispatcher.shutdown()
    with suppress(OSError):  # the loop was awake, and has closed its trigger already
        server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map, ignore_all=True))
