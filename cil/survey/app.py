"""The survey as a Flask application: its pages, its headers, its words for errors."""

from pathlib import Path

from flask import Flask, Response, render_template, request, send_from_directory
from werkzeug.exceptions import HTTPException

from cil.errors import UserError
from cil.survey import administration, returning
from cil.survey.experiment import Survey
from cil.survey.guard import guard

ASSETS = Path(__file__).parent / "static"
LARGEST_FORM = 128 * 1024  # bytes: all classes ticked, and a label

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


def create_app(survey: Survey) -> Flask:
    """The application that serves `survey`; run it with any WSGI server."""
    app = Flask("cil.survey", static_folder=None, template_folder="templates")
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM,
    )
    guard(app, survey)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(survey=survey, hierarchy=survey.hierarchy)
    app.register_blueprint(returning.blueprint, url_prefix="/v/<token>")
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
