"""The address under which people reach the survey, where a proxy stands before it."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from cil.errors import UserError

Wsgi = Callable[[dict[str, Any], Callable], Iterable[bytes]]


def checked_url(url: str) -> str:
    """A public address without the slash at its end; UserError if it is none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise UserError(
            f"--public-url {url}: expected an address such as https://example.org/survey"
        )
    return url.rstrip("/")


def behind(application: Wsgi, url: str) -> Wsgi:
    """`application`, all whose links, forms and redirects lead to the public address `url`.

    The proxy may hand on the path of the public address before that of a page, or take it off.
    """
    parts = urlsplit(url)

    def answer(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if parts.path and (path == parts.path or path.startswith(f"{parts.path}/")):
            path = path.removeprefix(parts.path)
        environ |= {
            "wsgi.url_scheme": parts.scheme,
            "HTTP_HOST": parts.netloc,
            "SCRIPT_NAME": parts.path,
            "PATH_INFO": path or "/",
        }
        return application(environ, start_response)

    return answer
