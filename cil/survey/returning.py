"""The voter's way back: what was sent, page by page, to change it, or to take it back whole."""

from flask import abort, g, redirect, render_template, request
from werkzeug import Response

from cil.survey.guard import check_form, current_survey
from cil.survey.voter_room import blueprint, url_for  # with the pages of the modules imported here
from cil.survey.voting import class_page, list_page


@blueprint.get("/back")
def back() -> Response:
    """Back to the page sent before the page `before`, or else to the one sent last."""
    before = request.args.get("before", "")
    board = current_survey().board
    page = board.latest(g.voter.id, before) or board.page(g.voter.id, before)
    return redirect(url_for("again", page=page.id) if page else url_for("start"), 303)


@blueprint.get("/page/<page>")
def again(page: str) -> str:
    """A page as it was sent; what is sent from it takes its place as a whole."""
    there = current_survey().board.page(g.voter.id, page)
    if there is None:
        abort(404)
    if there.how == "list":
        return list_page(there.wnids + there.passed, there)
    return class_page(there.first, there)


@blueprint.post("/undo")
def undo() -> Response:
    """Take back a page as a whole, and ask again; what was in force before it is so again."""
    check_form()
    page = current_survey().board.undo(g.voter.id, request.form.get("page", ""))
    if page and page.how != "list":
        return redirect(url_for("show", wnid=page.first), 303)
    return redirect(url_for("go_on"), 303)


@blueprint.get("/answers")
def answers() -> str:
    """All of the voter's own answers, by label, each a link back to its page."""
    survey = current_survey()
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
    given = current_survey().board.answers(g.voter.id).values()
    labels = {vote.label_wnid or vote.label.casefold() for vote in given if vote.kind != "unsure"}
    unsure = sum(vote.kind == "unsure" for vote in given)
    return render_template("done.html", labels=len(labels), unsure=unsure)
