"""What keeps the survey's pages safe: links, forms that are ours, and bounds on haste."""

import threading
import time
from collections import OrderedDict

from flask import Flask, abort, current_app, g, request

from cil.survey import links
from cil.survey.experiment import Survey

PER_SECOND, BURST = 5.0, 40  # forms of one voter: more than a person sends
WRONG_PER_SECOND, WRONG_BURST = 1.0, 60  # wrong links from one address


class Limiter:
    """Bounds how often somebody may do something: a bucket of tokens that refills.

    Remembers the last 10,000 keys.
    """

    def __init__(self, per_second: float, burst: int) -> None:
        self._per_second, self._burst = per_second, burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, key: str) -> bool:
        """Take a token of `key`'s; whether there was one."""
        moment = time.monotonic()
        with self._lock:
            left, since = self._buckets.pop(key, (float(self._burst), moment))
            left = min(self._burst, left + (moment - since) * self._per_second)
            self._buckets[key] = (left - 1 if left >= 1 else left, moment)
            if len(self._buckets) > 10_000:
                self._buckets.popitem(last=False)
            return left >= 1


def guard(app: Flask, survey: Survey) -> None:
    """Let the pages of `app` use this module."""
    app.config.update(
        SURVEY=survey,
        FORMS=Limiter(PER_SECOND, BURST),
        WRONG_LINKS=Limiter(WRONG_PER_SECOND, WRONG_BURST),
    )


def current_survey() -> Survey:
    """The survey that this request is about."""
    return current_app.config["SURVEY"]


def open_link(token: str, room: str = "voter") -> str:
    """The id that the link was made for; 404 if it is none of ours, 429 after many of those."""
    secret = current_survey().store.secret
    holder = links.holder_of(secret, token, room)
    if holder is None:
        allowed = current_app.config["WRONG_LINKS"].allows(request.remote_addr or "")
        abort(404 if allowed else 429)
    g.token = token
    g.form_seal = links.form_seal(secret, token)
    return holder


def check_form() -> None:
    """403 unless the form carries the seal of its page, 429 if its sender is too fast."""
    secret = current_survey().store.secret
    if not links.form_is_ours(secret, g.token, request.form.get("seal", "")):
        abort(403)
    if not current_app.config["FORMS"].allows(g.token):
        abort(429)
