"""The voter's pages: one class at a time, with everything needed to choose a label."""

from collections.abc import Sequence

from flask import abort, g, redirect, render_template, request
from werkzeug import Response

from cil.hierarchy import Candidate
from cil.survey.choice import list_votes, usual_names, votes_for
from cil.survey.companions import companions
from cil.survey.guard import check_form, current_survey
from cil.survey.ledger import Page
from cil.survey.voter_room import blueprint, known, url_for
from cil.votes.table import LABEL_LENGTH

PICTURES_ON_LISTS = 3  # of each class


@blueprint.get("/")
def start() -> str | Response:
    """A welcome for who hasn't begun; else on to where they were."""
    if current_survey().board.answers(g.voter.id):
        return go_on()
    return render_template("welcome.html")


@blueprint.get("/next")
def go_on() -> Response:
    """On to the classes that need this voter's answer most, or to the last page."""
    match current_survey().board.next(g.voter.id, besides=request.args.get("besides", "")):
        case []:
            return redirect(url_for("done"), 303)
        case [wnid]:
            return redirect(url_for("show", wnid=wnid), 303)
        case _:
            return redirect(url_for("several"), 303)


@blueprint.get("/class/<wnid>")
def show(wnid: str) -> str:
    """The page of one class, as it was sent if its answer was given there."""
    survey, voter = current_survey(), g.voter
    page = survey.board.page_of(voter.id, known(wnid))
    return class_page(wnid, page if page and page.how != "list" and page.first == wnid else None)


def class_page(wnid: str, page: Page | None) -> str:
    """The page of a class; `page` is the one sent before that this one is to change, if any."""
    survey, voter = current_survey(), g.voter
    hierarchy = survey.hierarchy
    candidates = [
        _described(candidate) | {"key": key % 10 if key <= 10 else None}
        for key, candidate in _numbered(hierarchy.candidates(wnid))
    ]
    return render_template(
        "class.html",
        synset=hierarchy.synsets[wnid],
        candidates=candidates,
        answer=survey.board.answers(voter.id).get(wnid),
        page=page,
        pictures=survey.pictures.count(wnid),
        label_length=LABEL_LENGTH,
    )


def _described(candidate: Candidate) -> dict:
    """What a page says of a name that may be chosen."""
    survey = current_survey()
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
    survey, voter = current_survey(), g.voter
    action = request.form.get("action", "vote")
    replaces = request.form.get("page", "")
    if action == "skip":
        survey.board.cast([], voter.id, skipped=[known(wnid)], replaces=replaces)
        return redirect(url_for("go_on", besides=wnid), 303)
    own = request.form.get("own", "")
    choice = "unsure" if action == "unsure" else _choice(wnid, own)
    also = [known(other) for other in request.form.getlist("also")]
    votes = votes_for(survey.hierarchy, voter.id, known(wnid), choice, own, also)
    survey.board.cast(votes, replaces=replaces)
    above = votes[0].label_wnid
    plain = not request.form.get("scripted") and not also and above and above != wnid
    if plain and companions(wnid, above):
        return redirect(url_for("more", wnid=wnid), 303)
    return redirect(url_for("go_on"), 303)


def _choice(wnid: str, own: str) -> str:
    """What the form chooses: a candidate's wnid, or `own` for the name in the field beside it.

    Without scripts writing a name ticks nothing: what was answered before stays ticked.
    """
    choice = request.form.get("choice", "")
    answer = current_survey().board.answers(g.voter.id).get(wnid)
    before = answer.label_wnid if answer and not request.form.get("scripted") else None
    return "own" if own.strip() and choice in ("", before) else choice


@blueprint.get("/list")
def several() -> str | Response:
    """Several classes on one page, each with its usual names to choose from."""
    wnids = current_survey().board.next(g.voter.id)
    return list_page(wnids) if len(wnids) > 1 else redirect(url_for("go_on"), 303)


def list_page(wnids: list[str], page: Page | None = None) -> str:
    """A list of classes; `page` is the one sent before that this one is to change, if any."""
    survey = current_survey()
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
    return render_template("list.html", items=items, page=page)


@blueprint.post("/list")
def vote_for_several() -> Response:
    """Take the names chosen on a list; what was left open there comes on a page of its own."""
    check_form()
    survey, voter = current_survey(), g.voter
    shown = [known(wnid) for wnid in request.form.getlist("shown")]
    choices = {wnid: choice for wnid in shown if (choice := request.form.get(wnid))}
    votes = list_votes(survey.hierarchy, voter.id, choices)
    survey.board.cast(votes, voter.id, listed=shown, replaces=request.form.get("page", ""))
    return redirect(url_for("go_on"), 303)


@blueprint.get("/picture/<wnid>/<int:number>")
def picture(wnid: str, number: int) -> Response:
    """One of a class's sample pictures."""
    pictures = current_survey().pictures
    if number >= pictures.count(known(wnid)):
        abort(404)
    content, media_type = pictures.read(wnid, number)
    response = Response(content, mimetype=media_type)
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response
