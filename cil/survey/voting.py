"""The voter's pages: one class at a time, with everything needed to choose a label."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, current_app, g, redirect, render_template, request
from flask import url_for as flask_url_for
from werkzeug.wrappers import Response

from cil.hierarchy import Candidate
from cil.survey.app import check_form, open_link
from cil.survey.choice import list_votes, others, usual_names, votes_for
from cil.survey.experiment import Survey
from cil.survey.store import Vote, Voter
from cil.votes.table import LABEL_LENGTH

blueprint = Blueprint("voting", __name__)

PICTURES_ON_LISTS = 3  # of each class


@blueprint.url_value_preprocessor
def _open(_endpoint: str | None, values: dict | None) -> None:
    holder = open_link((values or {}).pop("token"))
    voter = _survey().store.voter(holder)
    if voter is None:
        abort(404)
    if voter.revoked_at:
        abort(410)
    g.voter = voter


def _survey() -> Survey:
    return current_app.config["SURVEY"]


def url_for(endpoint: str, **values: Any) -> str:
    """The address of one of this voter's pages."""
    return flask_url_for(f"voting.{endpoint}", token=g.token, **values)


@blueprint.context_processor
def _shared() -> dict:
    """What every page of a voter shows: who it is, and how far; nothing on a closed door."""
    if "voter" not in g:
        return {}
    survey, voter = _survey(), g.voter
    answers = survey.board.answers(voter.id)
    total = len(survey.hierarchy.classes)
    return {
        "url": url_for,
        "voter": voter,
        "seal": g.form_seal,
        "answered": len(answers),
        "total": total,
        "left": total - len(answers),
    }


def _known(wnid: str) -> str:
    if wnid not in _survey().hierarchy.index:
        abort(404)
    return wnid


@blueprint.get("/")
def start() -> str | Response:
    """A welcome for who hasn't begun; else on to where they were."""
    if _survey().board.answers(g.voter.id):
        return go_on()
    return render_template("welcome.html")


@blueprint.get("/next")
def go_on() -> Response:
    """On to the classes that need this voter's answer most, or to the last page."""
    match _survey().board.next(g.voter.id, besides=request.args.get("besides", "")):
        case []:
            return redirect(url_for("done"), 303)
        case [wnid]:
            return redirect(url_for("show", wnid=wnid), 303)
        case _:
            return redirect(url_for("several"), 303)


@blueprint.get("/back")
def back() -> Response:
    """Back to the page answered before the class `before`, or to where one is."""
    before = request.args.get("before", "")
    first = _survey().board.previous(g.voter.id, before)
    if first is None:
        here = url_for("show", wnid=_known(before)) if before else url_for("start")
        return redirect(here, 303)
    page = "several_again" if first.cast_on == "list" else "show"
    return redirect(url_for(page, wnid=first.wnid), 303)


@blueprint.get("/class/<wnid>")
def show(wnid: str) -> str:
    """The page of one class."""
    survey, voter = _survey(), g.voter
    hierarchy = survey.hierarchy
    answer = survey.board.answers(voter.id).get(_known(wnid))
    candidates = [
        _described(candidate) | {"key": key % 10 if key <= 10 else None}
        for key, candidate in _numbered(hierarchy.candidates(wnid))
    ]
    return render_template(
        "class.html",
        synset=hierarchy.synsets[wnid],
        candidates=candidates,
        answer=answer,
        pictures=survey.pictures.count(wnid),
        label_length=LABEL_LENGTH,
    )


def _described(candidate: Candidate) -> dict:
    """What a page says of a name that may be chosen."""
    survey = _survey()
    return {
        "wnid": candidate.wnid,
        "name": candidate.name,
        "count": survey.count(candidate.name),
        "others": survey.hierarchy.n_classes(candidate.wnid) - 1,
        "definition": survey.hierarchy.synsets[candidate.wnid].definition,
    }


def _numbered(candidates: Sequence[Candidate]) -> list[tuple[int, Candidate]]:
    """Candidates with their key: 1 is always the class's own name, at the end of the list."""
    return [(len(candidates) - place, candidate) for place, candidate in enumerate(candidates)]


@blueprint.post("/class/<wnid>")
def vote(wnid: str) -> Response:
    """Take the answer for a class, and for those ticked beside it."""
    check_form()
    survey, voter = _survey(), g.voter
    action = request.form.get("action", "vote")
    if action == "skip":
        survey.board.skip(voter.id, _known(wnid))
        return redirect(url_for("go_on", besides=wnid), 303)
    own = request.form.get("own", "")
    choice = "unsure" if action == "unsure" else _choice(wnid, own)
    also = [_known(other) for other in request.form.getlist("also")]
    votes = votes_for(survey.hierarchy, voter.id, _known(wnid), choice, own, also)
    survey.board.cast(votes)
    above = votes[0].label_wnid
    plain = not request.form.get("scripted") and not also and above and above != wnid
    if plain and _companions(survey, voter, wnid, above):
        return redirect(url_for("more", wnid=wnid), 303)
    return redirect(url_for("go_on"), 303)


def _choice(wnid: str, own: str) -> str:
    """What the form chooses: a candidate's wnid, or `own` for the name in the field beside it.

    Without scripts writing a name ticks nothing: what was answered before stays ticked.
    """
    choice = request.form.get("choice", "")
    answer = _survey().board.answers(g.voter.id).get(wnid)
    before = answer.label_wnid if answer and not request.form.get("scripted") else None
    return "own" if own.strip() and choice in ("", before) else choice


@blueprint.get("/list")
def several() -> str | Response:
    """Several classes on one page, each with its usual names to choose from."""
    wnids = _survey().board.next(g.voter.id)
    return _list_page(wnids) if len(wnids) > 1 else redirect(url_for("go_on"), 303)


@blueprint.get("/list/<wnid>")
def several_again(wnid: str) -> str | Response:
    """The list on which the answer for a class was given, to change what was chosen there."""
    answers = _survey().board.answers(g.voter.id)
    vote = answers.get(_known(wnid))
    if vote is None or vote.cast_on != "list":
        return redirect(url_for("show", wnid=wnid), 303)
    together = [other for other in answers.values() if other.cast_at == vote.cast_at]
    return _list_page([other.wnid for other in sorted(together, key=lambda v: v.number)])


def _list_page(wnids: list[str]) -> str:
    survey = _survey()
    answers = survey.board.answers(g.voter.id)
    items = [
        {
            "wnid": wnid,
            "synset": survey.hierarchy.synsets[wnid],
            "names": [_described(name) for name in usual_names(survey.hierarchy, wnid)],
            "answer": answers.get(wnid),
            "pictures": min(survey.pictures.count(wnid), PICTURES_ON_LISTS),
        }
        for wnid in wnids
    ]
    return render_template("list.html", items=items, again=wnids[0] in answers)


@blueprint.post("/list")
def vote_for_several() -> Response:
    """Take the names chosen on a list; what was left open there comes on a page of its own."""
    check_form()
    survey, voter = _survey(), g.voter
    shown = [_known(wnid) for wnid in request.form.getlist("shown")]
    choices = {wnid: choice for wnid in shown if (choice := request.form.get(wnid))}
    survey.board.cast(list_votes(survey.hierarchy, voter.id, choices))
    survey.board.listed(voter.id, shown)
    return redirect(url_for("go_on"), 303)


@blueprint.get("/class/<wnid>/more")
def more(wnid: str) -> str | Response:
    """Without scripts: the other classes that the label just given would swallow, to tick."""
    survey, voter = _survey(), g.voter
    answer = survey.board.answers(voter.id).get(_known(wnid))
    if answer is None or answer.kind != "candidate":
        return redirect(url_for("show", wnid=wnid), 303)
    companions = _companions(survey, voter, wnid, answer.label_wnid)
    return render_template("more.html", wnid=wnid, answer=answer, companions=companions)


@blueprint.get("/class/<wnid>/below/<above>")
def below(wnid: str, above: str) -> str:
    """What a name of the class would swallow: the other classes below it, with pictures."""
    survey, voter = _survey(), g.voter
    if above not in {candidate.wnid for candidate in survey.hierarchy.candidates(_known(wnid))}:
        abort(404)
    companions = _companions(survey, voter, wnid, above, answered=True) if above != wnid else []
    return render_template("below.html", wnid=wnid, above=above, companions=companions)


@blueprint.get("/class/<wnid>/others")
def beside(wnid: str) -> str:
    """A piece of a page: the other classes that a choice would touch, to tick."""
    survey, voter = _survey(), g.voter
    above = request.args.get("choice", "")
    names = {candidate.wnid for candidate in survey.hierarchy.candidates(_known(wnid))}
    if above != "own" and above not in names:
        abort(400)
    label = above if above != "own" else None
    return render_template(
        "_others.html",
        wnid=wnid,
        above=label,
        companions=_companions(survey, voter, wnid, label, answered=True),
    )


def _companions(
    survey: Survey, voter: Voter, wnid: str, above: str | None, answered: bool = False
) -> list[dict]:
    """The other classes for a choice: their names, and what the voter said of them so far."""
    answers = survey.board.answers(voter.id)
    page = answers[wnid].cast_at if wnid in answers else None
    rows = []
    for other in others(survey.hierarchy, wnid, above):
        given: Vote | None = answers.get(other)
        together = given is not None and given.cast_at == page and given.cast_on != "list"
        if answered or given is None:
            rows.append(
                {
                    "wnid": other,
                    "name": survey.hierarchy.name(other),
                    "picture": survey.pictures.count(other) > 0,
                    "given": (given.label or "not sure") if given else "",
                    "free": given is None or together,
                }
            )
    return rows


@blueprint.get("/picture/<wnid>/<int:number>")
def picture(wnid: str, number: int) -> Response:
    """One of a class's sample pictures."""
    pictures = _survey().pictures
    if number >= pictures.count(_known(wnid)):
        abort(404)
    content, media_type = pictures.read(wnid, number)
    response = Response(content, mimetype=media_type)
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


@blueprint.get("/answers")
def answers() -> str:
    """All of the voter's own answers, by label, each a link back to its page."""
    survey = _survey()
    given = survey.board.answers(g.voter.id)
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for wnid in survey.hierarchy.classes:
        if vote := given.get(wnid):
            key = (vote.label or "not sure", vote.label_wnid or vote.kind)
            groups.setdefault(key, []).append((wnid, survey.hierarchy.name(wnid)))
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return render_template("answers.html", groups=ordered)


@blueprint.get("/done")
def done() -> str:
    """Thanks, and the voter's own result."""
    given = _survey().board.answers(g.voter.id).values()
    labels = {vote.label_wnid or vote.label.casefold() for vote in given if vote.kind != "unsure"}
    unsure = sum(vote.kind == "unsure" for vote in given)
    return render_template("done.html", labels=len(labels), unsure=unsure)
