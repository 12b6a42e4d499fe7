"""What all pages of a voter share: whose link it is, how far they are, what they sent last."""

from typing import Any

from flask import Blueprint, abort, g
from flask import url_for as flask_url_for

from cil.survey.guard import current_survey, open_link

blueprint = Blueprint("voting", __name__)


@blueprint.url_value_preprocessor
def _open(_endpoint: str | None, values: dict | None) -> None:
    holder = open_link((values or {}).pop("token"))
    voter = current_survey().store.voter(holder)
    if voter is None:
        abort(404)
    if voter.revoked_at:
        abort(410)
    g.voter = voter


def url_for(endpoint: str, **values: Any) -> str:
    """The address of one of this voter's pages."""
    return flask_url_for(f"voting.{endpoint}", token=g.token, **values)


@blueprint.context_processor
def _shared() -> dict:
    """What every page of a voter shows: who it is, and how far; nothing on a closed door."""
    if "voter" not in g:
        return {}
    survey, voter = current_survey(), g.voter
    answers = survey.board.answers(voter.id)
    total = len(survey.hierarchy.classes)
    return {
        "url": url_for,
        "voter": voter,
        "seal": g.form_seal,
        "answered": len(answers),
        "total": total,
        "left": total - len(answers),
        "last": last_page(),
    }


def known(wnid: str) -> str:
    if wnid not in current_survey().hierarchy.index:
        abort(404)
    return wnid


def last_page() -> dict | None:
    """What the voter sent last, in words, with the page's id; None before the first answer."""
    survey = current_survey()
    page = survey.board.latest(g.voter.id)
    if page is None:
        return None
    name = survey.hierarchy.name(page.first)
    if page.how == "list":
        return {"id": page.id, "label": f"{len(page.wnids)} names", "of": "on a list"}
    if page.how == "skip":
        return {"id": page.id, "label": "skipped", "of": name}
    vote = survey.board.answers(g.voter.id)[page.first]
    more = len(page.wnids) - 1
    others = f" and {more:,} other{'s' * (more > 1)}" if more else ""
    return {"id": page.id, "label": vote.label or "not sure", "of": f"for {name}{others}"}
