"""The other classes that a choice would touch: to look at, and to tick."""

from flask import abort, g, redirect, render_template, request
from werkzeug import Response

from cil.survey.choice import others
from cil.survey.guard import current_survey
from cil.survey.voter_room import blueprint, known, url_for


@blueprint.get("/class/<wnid>/more")
def more(wnid: str) -> str | Response:
    """Without scripts: the other classes that the label just given would swallow, to tick."""
    survey, voter = current_survey(), g.voter
    answer = survey.board.answers(voter.id).get(known(wnid))
    if answer is None or answer.kind != "candidate":
        return redirect(url_for("show", wnid=wnid), 303)
    found = companions(wnid, answer.label_wnid)
    page = survey.board.page_of(voter.id, wnid)
    return render_template("more.html", wnid=wnid, answer=answer, companions=found, page=page)


@blueprint.get("/class/<wnid>/below/<above>")
def below(wnid: str, above: str) -> str:
    """What a name of the class would swallow: the other classes below it, with pictures."""
    survey = current_survey()
    if above not in {candidate.wnid for candidate in survey.hierarchy.candidates(known(wnid))}:
        abort(404)
    found = companions(wnid, above, answered=True) if above != wnid else []
    return render_template("below.html", wnid=wnid, above=above, companions=found)


@blueprint.get("/class/<wnid>/others")
def beside(wnid: str) -> str:
    """A piece of a page: the other classes that a choice would touch, to tick."""
    survey = current_survey()
    above = request.args.get("choice", "")
    names = {candidate.wnid for candidate in survey.hierarchy.candidates(known(wnid))}
    if above != "own" and above not in names:
        abort(400)
    label = above if above != "own" else None
    return render_template(
        "_others.html",
        wnid=wnid,
        above=label,
        companions=companions(wnid, label, answered=True),
    )


def companions(wnid: str, above: str | None, answered: bool = False) -> list[dict]:
    """The other classes for a choice: their names, and what the voter said of them so far.

    Args:
        above: the name chosen; None for one of the voter's own.
        answered: whether those that are answered already are among them.
    """
    survey, voter = current_survey(), g.voter
    answers = survey.board.answers(voter.id)
    page = survey.board.page_of(voter.id, wnid)
    together = set(page.wnids) if page and page.how == "page" and page.first == wnid else set()
    rows = []
    for other in others(survey.hierarchy, wnid, above):
        given = answers.get(other)
        if answered or given is None:
            rows.append(
                {
                    "wnid": other,
                    "name": survey.hierarchy.name(other),
                    "picture": survey.pictures.count(other) > 0,
                    "given": (given.label or "not sure") if given else "",
                    "together": other in together,
                    "free": given is None or other in together,
                }
            )
    return rows
