"""Asking a JSON service politely: paced, timed, retried, and without leaking a key."""

import json
import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from cil.errors import UserError
from cil.search.access import spellings
from cil.search.source import NoCount, QuotaExceeded, Unavailable

logger = logging.getLogger(__name__)

LARGEST_BODY = 10_000_000  # bytes; a reply with ten results has some 20,000
LONGEST_WAIT = 366 * 86400.0  # seconds; beyond it a date could overflow
HIDDEN = "[hidden]"

Found = TypeVar("Found")


@dataclass(frozen=True)
class Manners:
    """How a service is treated.

    Attributes:
        requests_per_second: upper limit; 0 for none.
        timeout_seconds: for one request, from connecting to the last byte.
        attempts: how often a request that fails for a passing reason is tried in all.
        backoff_seconds: longest wait before the second attempt; doubles with each, full jitter.
        max_wait_seconds: a server that asks to wait for longer ends the crawl.
    """

    requests_per_second: float
    timeout_seconds: float
    attempts: int
    backoff_seconds: float
    max_wait_seconds: float

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Manners":
        """Taken from the keys of the same names."""
        return cls(**{key: config[key] for key in cls.__dataclass_fields__})


class JsonClient:
    """One session with one service; requests go out one after another.

    Args:
        secrets: texts that must not appear in a reply that is kept, or in a message.
        explain: looks at an error reply (HTTP status, parsed JSON or None) and raises what it
            means to this service, or returns to leave it to the general rules.
    """

    def __init__(
        self,
        manners: Manners,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        secrets: Sequence[str] = (),
        explain: Callable[[int, Any], None] = lambda status, payload: None,
    ) -> None:
        self._manners = manners
        self._session = requests.Session()
        self._session.headers.update(headers or {})
        self._session.auth = auth
        # What the environment names is looked up once (`_surroundings`), not for every request;
        # and no login from ~/.netrc is sent to a service.
        self._session.trust_env = False
        self._surroundings: dict[str, Any] | None = None
        self._hidden = spellings(secrets)
        self._explain = explain
        self._next_start = 0.0

    def fetch(
        self, method: str, url: str, read: Callable[[Any], Found], **request: Any
    ) -> tuple[Found, str]:
        """What `read` finds in the JSON object at `url`, and the reply's text without secrets.

        `read` gets the parsed reply; it raises Unavailable to have the request tried again, and
        NoCount if the reply is of no use. Beside what `read` and `explain` raise, raises
        Unavailable when all attempts are used up; QuotaExceeded when the server throttles to
        the end or asks for too long a wait; NoCount if it refuses this query; UserError if it
        refuses us.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(Unavailable),
            stop=stop_after_attempt(self._manners.attempts),
            wait=self._wait,
            before_sleep=_log_wait,
            reraise=True,
        )
        try:
            return retrying(self._once, method, url, read, request)
        except Unavailable as error:
            if error.throttled:
                raise QuotaExceeded(error.reason, _after(error.retry_after)) from None
            raise

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome and state.outcome.exception()
        if not isinstance(error, Unavailable) or error.retry_after is None:
            longest = max(self._manners.max_wait_seconds, self._manners.backoff_seconds)
            return wait_random_exponential(self._manners.backoff_seconds, longest)(state)
        return error.retry_after + random.uniform(0, self._manners.backoff_seconds)

    def _once(
        self, method: str, url: str, read: Callable[[Any], Found], request: Mapping[str, Any]
    ) -> tuple[Found, str]:
        self._pace()
        status, headers, body = self._send(method, url, request)
        text = body.decode("utf-8", errors="replace")
        try:
            return self._interpret(status, text, url, read), self.scrubbed(text)
        except Unavailable as error:
            error.reason = self.scrubbed(error.reason)
            self._settle(error, seconds_to_wait(headers.get("Retry-After")))
        except QuotaExceeded as error:
            raise QuotaExceeded(self.scrubbed(error.reason), error.again_at) from None
        except (NoCount, UserError) as error:
            raise type(error)(self.scrubbed(str(error))) from None

    def _interpret(self, status: int, text: str, url: str, read: Callable[[Any], Found]) -> Found:
        payload = _parsed(text)
        if status != 200:
            self._explain(status, payload)
            self._refuse(status, url)
        if payload is None:
            raise Unavailable(f"no JSON object in the reply: {_glimpse(self.scrubbed(text))}")
        return read(payload)

    def _settle(self, error: Unavailable, retry_after: float | None) -> NoReturn:
        """Raise `error` with the wait that the server asked for, if it is bearable."""
        if retry_after is not None:
            error.retry_after = retry_after
        if (error.retry_after or 0) > self._manners.max_wait_seconds:
            raise QuotaExceeded(
                f"{error.reason}; the server asks to wait {error.retry_after:.0f} s",
                _after(error.retry_after),
            ) from None
        raise error

    def _pace(self) -> None:
        if self._manners.requests_per_second:
            time.sleep(max(0.0, self._next_start - time.monotonic()))
            self._next_start = time.monotonic() + 1 / self._manners.requests_per_second

    def _send(
        self, method: str, url: str, request: Mapping[str, Any]
    ) -> tuple[int, Mapping[str, str], bytes]:
        if self._surroundings is None:
            # Proxies and certificates, for the one server that a service has.
            settings = requests.Session().merge_environment_settings(
                url, proxies={}, stream=True, verify=None, cert=None
            )
            self._surroundings = dict(settings)
        seconds = self._manners.timeout_seconds
        deadline = time.monotonic() + seconds
        try:
            # A redirect is not followed: it could carry the key to another server.
            with self._session.request(
                method, url, timeout=seconds, allow_redirects=False, **self._surroundings, **request
            ) as response:
                return response.status_code, response.headers, _body(response, deadline)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            # Without `from None` the traceback would show the address, and a key in it.
            raise Unavailable(self.scrubbed(_kind(error))) from None

    def _refuse(self, status: int, url: str) -> NoReturn:
        """What an HTTP status means where the service's own explanation says nothing more."""
        place = self.scrubbed(urlsplit(url)._replace(query="").geturl())
        match status:
            case 429:
                raise Unavailable("HTTP 429: asked too often", throttled=True)
            case 402:
                raise QuotaExceeded("HTTP 402: the account's credit is used up")
            case 401 | 403:
                raise UserError(
                    f"{place} answers HTTP {status}: it does not accept the key, login or "
                    "User-Agent; check what the keys under search give"
                )
            case 404 | 405 | 410:
                raise UserError(f"{place} answers HTTP {status}; check search.endpoint")
            case _ if 300 <= status < 400:
                raise UserError(
                    f"{place} answers HTTP {status}: the service has moved; set search.endpoint "
                    "to its new address"
                )
            case _ if status >= 500 or status == 408:
                raise Unavailable(f"HTTP {status}")
            case _:
                raise NoCount(f"HTTP {status}: the service refuses this query")

    def scrubbed(self, text: str) -> str:
        """`text` with every secret, in any of its spellings, replaced."""
        for secret in self._hidden:
            text = text.replace(secret, HIDDEN)
        return text


def seconds_to_wait(header: str | None, now: datetime | None = None) -> float | None:
    """What a Retry-After header asks for, given as seconds or as a date; None if nothing."""
    if header is None:
        return None
    if header.isascii() and header.strip().isdigit():
        return min(float(header), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:  # a date "-0000", of an unknown zone
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def _body(response: requests.Response, deadline: float) -> bytes:
    """The body, read as it comes, so that one that trickles in does not outlast the deadline."""
    chunks: list[bytes] = []
    size = 0
    while chunk := response.raw.read1(65536, decode_content=True):
        chunks.append(chunk)
        size += len(chunk)
        if time.monotonic() > deadline:
            raise requests.ReadTimeout("the reply took too long")
        if size > LARGEST_BODY:
            raise requests.RequestException(f"the reply is longer than {LARGEST_BODY} bytes")
    return b"".join(chunks)


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        payload = json.loads(text)
    except ValueError:
        return None
    return payload if isinstance(payload, dict) else None


def _kind(error: Exception) -> str:
    """What went wrong on the way, in words that do not repeat the address."""
    names = {
        requests.ConnectTimeout: "no connection in time",
        requests.Timeout: "no full reply in time",
        requests.exceptions.SSLError: "the server's certificate is not accepted",
        requests.ConnectionError: "the connection failed or was cut",
        urllib3.exceptions.TimeoutError: "no full reply in time",
    }
    for kind, words in names.items():
        if isinstance(error, kind):
            return words
    return f"the connection failed ({type(error).__name__})"


def _glimpse(text: str) -> str:
    return repr(" ".join(text.split())[:80]) if text.strip() else "it is empty"


def _after(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.now(UTC) + timedelta(seconds=seconds)


def _log_wait(state: RetryCallState) -> None:
    logger.warning(
        "%s; attempt %d, next in %.1f s",
        state.outcome and state.outcome.exception(),
        state.attempt_number,
        state.next_action.sleep if state.next_action else 0,
    )
