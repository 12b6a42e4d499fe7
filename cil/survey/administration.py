"""The administrator's pages: who votes, how far they agree, and what the labels would be."""

import io
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas
from flask import Blueprint, abort, current_app, g, redirect, render_template, request
from flask import url_for as flask_url_for
from werkzeug import Response

from cil.files import frame_csv
from cil.labels.audit import KINDS, Finding, audit
from cil.labels.strategies.survey import survey as consensus_labels
from cil.survey import links
from cil.survey.experiment import Survey
from cil.survey.guard import check_form, current_survey, open_link
from cil.survey.store import NAME_LENGTH
from cil.votes.agreement import agreement, by_class, by_voter, contested
from cil.votes.consensus import METHODS, consensus
from cil.votes.table import clean_label, in_force

blueprint = Blueprint("administration", __name__)

MOST_CONTESTED = 50


@blueprint.url_value_preprocessor
def _open(_endpoint: str | None, values: dict | None) -> None:
    open_link((values or {}).pop("token"), room="admin")


def url_for(endpoint: str, **values: Any) -> str:
    """The address of one of the administrator's pages."""
    return flask_url_for(f"administration.{endpoint}", token=g.token, **values)


@blueprint.context_processor
def _shared() -> dict:
    return {"url": url_for, "seal": g.form_seal} if "form_seal" in g else {}


def _computed(key: str, compute: Callable[[], Any]) -> Any:
    """What `compute` gives, kept until the next vote: agreement takes a second."""
    kept = current_app.extensions.setdefault("survey-computed", {})
    version = current_survey().board.version
    if kept.get(key, (None, None))[0] != version:
        kept[key] = (version, compute())
    return kept[key][1]


@blueprint.get("/")
def overview() -> str:
    """Progress per voter, agreement so far, contested classes."""
    survey = current_survey()
    votes = survey.board.table()
    given = Counter(votes["voter"])
    people = [
        {
            "voter": voter,
            "answered": given[voter.id],
            "link": flask_url_for(
                "voting.start",
                token=links.token_of(survey.store.secret, voter.id),
                _external=True,
            ),
        }
        for voter in survey.store.voters()
    ]
    found: dict[str, Any] = {"agreement": None, "findings": {}, "split": None}
    if len(votes):
        found = _computed("overview", lambda: _agreement(survey, votes))
    return render_template(
        "admin.html",
        people=people,
        total=len(survey.hierarchy.classes),
        name_length=NAME_LENGTH,
        most=MOST_CONTESTED,
        **found,
    )


def _agreement(survey: Survey, votes: pandas.DataFrame) -> dict[str, Any]:
    table = by_voter(votes, survey.hierarchy)
    return {
        "agreement": agreement(votes, survey.hierarchy),
        "findings": {row.voter: row for row in table.itertuples()},
        "split": contested(by_class(votes, survey.hierarchy)),
    }


@blueprint.get("/groups")
def groups() -> str:
    """All labels of the consensus so far, each with the classes that it would hold."""
    survey = current_survey()
    method = request.args.get("method", "majority")
    if method not in METHODS:
        abort(400)
    votes = survey.board.table()
    labels = _computed(f"groups {method}", lambda: _groups(survey, votes, method))
    kinds = Counter(found.finding for group in labels for found in group["findings"])
    return render_template(
        "groups.html",
        groups=labels,
        method=method,
        methods=list(METHODS),
        kinds=[(kind, KINDS[kind], count) for kind, count in kinds.most_common()],
    )


def _groups(survey: Survey, votes: pandas.DataFrame, method: str) -> list[dict[str, Any]]:
    """Labels with their classes and what the audit finds odd about them, the largest first."""
    table = consensus(votes, survey.hierarchy, method).set_index("wnid")
    labelset = consensus_labels(survey.hierarchy, table.reset_index())
    findings: dict[int, list[Finding]] = {}
    for finding in audit(labelset):
        places = [survey.hierarchy.index[wnid] for wnid in finding.classes]
        for index in np.unique(labelset.label_index[places]).tolist():
            findings.setdefault(index, []).append(finding)
    order = sorted(
        range(len(labelset)), key=lambda index: (-labelset.sizes[index], labelset.names[index])
    )
    return [
        {
            "label": labelset.names[index],
            "classes": [
                (wnid, survey.hierarchy.name(wnid), table.loc[wnid])
                for wnid in labelset.groups[index]
            ],
            "findings": findings.get(index, []),
        }
        for index in order
    ]


@blueprint.get("/picture/<wnid>")
def picture(wnid: str) -> Response:
    """The first sample picture of a class."""
    survey = current_survey()
    if wnid not in survey.hierarchy.index or not survey.pictures.count(wnid):
        abort(404)
    content, media_type = survey.pictures.read(wnid, 0)
    response = Response(content, mimetype=media_type)
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


@blueprint.post("/invite")
def invite() -> Response:
    """Make a personal link for one more voter."""
    check_form()
    name = clean_label(request.form.get("name", ""))
    if len(name) > NAME_LENGTH:
        abort(400)
    current_survey().store.invite(name)
    return redirect(url_for("overview") + "#voters", 303)


@blueprint.post("/revoke")
def revoke() -> Response:
    """Make a voter's link useless, or useful again; the votes stay."""
    check_form()
    voter = current_survey().store.voter(request.form.get("voter", ""))
    revoked = request.form.get("revoked")
    if voter is None or revoked not in ("yes", "no"):
        abort(400)
    current_survey().store.revoke(voter.id, revoked == "yes")
    return redirect(url_for("overview") + "#voters", 303)


@blueprint.get("/votes.<any(csv, parquet):form>")
def export(form: str) -> Response:
    """The votes in force, as a file that survey.votes takes."""
    votes = in_force(current_survey().board.table())
    if form == "csv":
        content: bytes = frame_csv(votes).encode()
        kind = "text/csv; charset=utf-8"
    else:
        file = io.BytesIO()
        votes.to_parquet(file, index=False)
        content, kind = file.getvalue(), "application/vnd.apache.parquet"
    disposition = f'attachment; filename="votes.{form}"'
    return Response(
        content, mimetype=None, content_type=kind, headers={"Content-Disposition": disposition}
    )
