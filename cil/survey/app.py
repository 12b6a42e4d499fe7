"""The survey as a Flask application: what all pages share, and what keeps them safe."""

import threading
import time
from collections import OrderedDict
from pathlib import Path

from flask import Flask, Response, abort, g, render_template, request, send_from_directory
from werkzeug.exceptions import HTTPException

from cil.errors import UserError
from cil.survey import links
from cil.survey.experiment import Survey

ASSETS = Path(__file__).parent / "static"
LARGEST_FORM = 128 * 1024  # bytes: all classes ticked, and a label
PER_SECOND, BURST = 5.0, 40  # forms of one voter: more than a person sends
WRONG_PER_SECOND, WRONG_BURST = 1.0, 60  # wrong links from one address

# Nothing from elsewhere, nothing inline, no frames: a page can load only what this server has.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "img-src 'self'",
        "style-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)

EXPLANATIONS = {
    400: "The form was not complete or not of this survey. Nothing was stored.",
    403: "The form did not come from this survey's own page. Nothing was stored.",
    404: "There is nothing here. Open the link that you were given, as a whole.",
    405: "This address takes another kind of request. Nothing was stored.",
    410: "This link is no longer valid. Ask the person who runs the survey for a new one.",
    413: "That is more than a form of this survey can hold. Nothing was stored.",
    429: "That was very fast. Wait a few seconds, then go on; nothing was stored.",
}


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


def create_app(survey: Survey) -> Flask:
    """The application that serves `survey`; run it with any WSGI server."""
    from cil.survey import administration, voting

    app = Flask("cil.survey", static_folder=None, template_folder="templates")
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM,
        SURVEY=survey,
        FORMS=Limiter(PER_SECOND, BURST),
        WRONG_LINKS=Limiter(WRONG_PER_SECOND, WRONG_BURST),
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(survey=survey, hierarchy=survey.hierarchy)
    app.register_blueprint(voting.blueprint, url_prefix="/v/<token>")
    app.register_blueprint(administration.blueprint, url_prefix="/admin/<token>")
    # Only these names lead to a file, so that no path of a request's own reaches the disk.
    names = ", ".join(f'"{file.name}"' for file in sorted(ASSETS.iterdir()))
    app.add_url_rule(f"/static/<any({names}):filename>", "static", _asset)
    app.add_url_rule("/", "front", lambda: render_template("front.html"))
    app.after_request(_protect)
    app.register_error_handler(HTTPException, _explain)
    app.register_error_handler(UserError, _refuse)
    for name in app.jinja_env.list_templates():  # now, rather than while the first voter waits
        app.jinja_env.get_template(name)
    return app


def open_link(token: str, room: str = "voter") -> str:
    """The id that the link was made for; 404 if it is none of ours, 429 after many of those."""
    app, survey = _current()
    holder = links.holder_of(survey.store.secret, token, room)
    if holder is None:
        abort(404 if app.config["WRONG_LINKS"].allows(request.remote_addr or "") else 429)
    g.token = token
    g.form_seal = links.form_seal(survey.store.secret, token)
    return holder


def check_form() -> None:
    """403 unless the form carries the seal of its page, 429 if its sender is too fast."""
    app, survey = _current()
    if not links.form_is_ours(survey.store.secret, g.token, request.form.get("seal", "")):
        abort(403)
    if not app.config["FORMS"].allows(g.token):
        abort(429)


def _current() -> tuple[Flask, Survey]:
    from flask import current_app

    return current_app, current_app.config["SURVEY"]


def _asset(filename: str) -> Response:
    return send_from_directory(ASSETS, filename)


def _protect(response: Response) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"  # addresses hold personal tokens
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if "Cache-Control" not in headers or request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response


def _explain(error: HTTPException) -> tuple[str, int, list[tuple[str, str]]]:
    """A page in our own words, with the error's headers, such as the methods that are allowed."""
    code = error.code or 500
    text = EXPLANATIONS.get(code, "Something went wrong on our side. Nothing was stored.")
    page = render_template("error.html", code=code, name=error.name, text=text)
    return page, code, error.get_headers()


def _refuse(error: UserError) -> tuple[str, int]:
    text = f"Nothing was stored: {error}."
    return render_template("error.html", code=400, name="Bad request", text=text), 400
