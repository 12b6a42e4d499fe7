"""What a choice of label would mean for other classes: what it swallows, what it sits beside."""

from collections.abc import Mapping
from dataclasses import dataclass

from cil.errors import UserError
from cil.hierarchy import Candidate, Hierarchy
from cil.survey.store import Vote
from cil.votes.names import candidate_called
from cil.votes.table import LABEL_LENGTH, clean_label

NEIGHBOURS = 120  # classes that are shown beside one which keeps its own name
FAMILY = 6  # classes, at least, that one big decision may be about
USUAL = 3  # names of a class on a list: its own, and the next more general ones


@dataclass(frozen=True)
class Choice:
    """A label that a voter may give: a synset's, or one of the voter's own."""

    label: str
    wnid: str | None
    kind: str  # as in cil.votes.table


def chosen(hierarchy: Hierarchy, wnid: str, choice: str, own: str = "") -> Choice:
    """The choice that a form's fields stand for.

    `choice` is a candidate's wnid, `own` or `unsure`. A label of one's own that spells a
    candidate's name, or a synonym of it (see `cil.votes.names`), is that candidate. Raises
    UserError for anything else.
    """
    if choice == "unsure":
        return Choice("", None, "unsure")
    names = {candidate.wnid: candidate.name for candidate in hierarchy.candidates(wnid)}
    if choice in names:
        return Choice(names[choice], choice, "candidate")
    if choice != "own":
        raise UserError("this is not one of the labels that the class may take")
    label = clean_label(own)
    if not label:
        raise UserError("a label of your own needs at least one letter")
    if len(label) > LABEL_LENGTH:
        raise UserError(f"a label may have up to {LABEL_LENGTH} characters; this has {len(label)}")
    above = candidate_called(hierarchy, wnid, label)
    if above:
        return Choice(names[above], above, "candidate")
    return Choice(label, None, "custom")


def others(hierarchy: Hierarchy, wnid: str, above: str | None) -> list[str]:
    """The classes that may take the same answer as `wnid`, those most like it first.

    For a candidate `above` the class: all other classes below it. For the class itself, or a
    label of one's own (None): the neighbours, which may keep their own names, or share the
    label, too.
    """
    if above is not None and above != wnid:
        return [other for other in nearest(hierarchy, wnid) if above in hierarchy.ancestors(other)]
    return neighbours(hierarchy, wnid)


def neighbours(hierarchy: Hierarchy, wnid: str) -> list[str]:
    """The classes nearest to `wnid`: all below the largest ancestor that has few enough."""
    few = [
        candidate.wnid
        for candidate in hierarchy.candidates(wnid)
        if 1 < hierarchy.n_classes(candidate.wnid) <= NEIGHBOURS + 1
    ]
    if not few:
        return nearest(hierarchy, wnid)[:NEIGHBOURS]
    largest = max(few, key=hierarchy.n_classes)
    return [other for other in nearest(hierarchy, wnid) if largest in hierarchy.ancestors(other)]


def nearest(hierarchy: Hierarchy, wnid: str) -> list[str]:
    """All other classes, by the size of the smallest group that holds them and `wnid`."""
    ordered: dict[str, None] = {}
    for candidate in sorted(hierarchy.candidates(wnid), key=lambda c: hierarchy.n_classes(c.wnid)):
        ordered.update(dict.fromkeys(hierarchy.classes_below(candidate.wnid)))
    ordered.pop(wnid)
    return list(ordered)


def family(hierarchy: Hierarchy, wnid: str) -> str:
    """The lowest synset above a class that lies above at least FAMILY classes, or the highest."""
    ascending = sorted(hierarchy.candidates(wnid), key=lambda c: hierarchy.n_classes(c.wnid))
    large = (c.wnid for c in ascending if hierarchy.n_classes(c.wnid) >= FAMILY)
    return next(large, ascending[-1].wnid)


def usual_names(hierarchy: Hierarchy, wnid: str) -> list[Candidate]:
    """The names that a list offers for a class: its own, then the next more general ones."""
    return list(reversed(hierarchy.candidates(wnid)[-USUAL:]))


def list_votes(hierarchy: Hierarchy, voter: str, choices: Mapping[str, str]) -> list[Vote]:
    """The votes of a list, {class: choice}; UserError for a choice that it does not offer."""
    votes = []
    for wnid, choice in choices.items():
        if choice not in {candidate.wnid for candidate in usual_names(hierarchy, wnid)}:
            raise UserError("this is not one of the names that the list offers")
        votes.append(Vote(voter, wnid, hierarchy.name(choice), choice, "candidate", cast_on="list"))
    return votes


def votes_for(
    hierarchy: Hierarchy, voter: str, wnid: str, choice: str, own: str, also: list[str]
) -> list[Vote]:
    """The votes of one page: for the class that it shows, then for the classes ticked.

    `choice` and `own` are as in `chosen`. Raises UserError if one of the classes ticked cannot
    take the label.
    """
    answers = {wnid: chosen(hierarchy, wnid, choice, own)}
    for other in also if choice != "unsure" else []:
        # Who keeps the class's own name beside it keeps the others' own names.
        answers.setdefault(
            other, chosen(hierarchy, other, other if choice == wnid else choice, own)
        )
    return [
        Vote(
            *(voter, other, answer.label, answer.wnid, answer.kind),
            cast_on="page" if other == wnid else "beside",
        )
        for other, answer in answers.items()
    ]
