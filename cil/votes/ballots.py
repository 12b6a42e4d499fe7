"""The votes of a table, class by class, and what a method decides on them.

A method is one file under cil/votes/methods/: its `METHOD` says what it is and how it decides;
nothing else has to know of it.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import pandas

from cil.hierarchy import Hierarchy
from cil.votes.names import candidate_called, fold

OWN = -1  # stands for the step of a label that is no candidate


class Option(NamedTuple):
    """What a vote is for: a candidate's wnid, or the folded text of a label of one's own."""

    wnid: str | None
    text: str = ""


@dataclass(frozen=True)
class Decision:
    """The label of a class, how many votes carry it, and whether the tie rule chose it."""

    option: Option
    support: int
    tie: bool


class Ballots:
    """The decided votes of a table, by class; "not sure" is left out.

    Args:
        votes: votes in force, with the columns of `cil.votes.table`.
        hierarchy: the classes and their candidates.
    """

    def __init__(self, votes: pandas.DataFrame, hierarchy: Hierarchy) -> None:
        self.hierarchy = hierarchy
        decided = votes[votes["kind"] != "unsure"].sort_values(["voter", "wnid"])
        self.voters = decided["voter"].tolist()
        self.wnids = decided["wnid"].tolist()
        # As lists: pandas hands out one text at a time far more slowly.
        columns = (decided[name].tolist() for name in ("label_wnid", "kind", "label"))
        self.options = [
            Option(above) if kind == "candidate" else self._own(wnid, label)
            for wnid, above, kind, label in zip(self.wnids, *columns, strict=True)
        ]
        own = decided.loc[decided["kind"] == "custom", "label"]
        spellings = Counter(sorted(own)).most_common()
        self.spelling = {fold(text): text for text, _ in reversed(spellings)}
        self.places = {
            wnid: {candidate.wnid: n for n, candidate in enumerate(hierarchy.candidates(wnid))}
            for wnid in hierarchy.classes
        }
        self.counts: dict[str, Counter[Option]] = {wnid: Counter() for wnid in hierarchy.classes}
        for wnid, option in zip(self.wnids, self.options, strict=True):
            self.counts[wnid][option] += 1

    def _own(self, wnid: str, label: str) -> Option:
        """What a name of one's own stands for: the candidate that it spells, or itself."""
        above = candidate_called(self.hierarchy, wnid, label)
        return Option(above) if above else Option(None, fold(label))

    @cached_property
    def steps(self) -> list[int]:
        """How many steps above its class each decided vote lies; OWN for a label of one's own."""
        return list(map(self.step, self.wnids, self.options))

    def step(self, wnid: str, option: Option) -> int:
        """How many steps above a class an option lies; OWN for a label of one's own."""
        if option.wnid is None:
            return OWN
        return self.hierarchy.candidates(wnid)[self.places[wnid][option.wnid]].steps

    def label(self, option: Option) -> str:
        """What people call the option: the synset's name, or the commonest spelling."""
        return self.hierarchy.name(option.wnid) if option.wnid else self.spelling[option.text]

    def rank(self, wnid: str) -> Callable[[Option], tuple]:
        """A sort key by which of equal options the greatest wins: the tie rule."""
        places = self.places[wnid]
        return lambda option: (
            (1, places[option.wnid], ())
            if option.wnid
            else (0, 0, tuple(-ord(char) for char in option.text))
        )


@dataclass(frozen=True)
class Method:
    """A way from votes to labels.

    Attributes:
        decide: the decision on each class that has votes.
        summary: a phrase for the configuration's reference.
    """

    decide: Callable[[Ballots], dict[str, Decision]]
    summary: str


def most(counts: Counter[Option], rank: Callable[[Option], tuple]) -> Decision:
    """The option with the most votes; of equal ones that which `rank` puts highest."""
    top = max(counts.values())
    best = [option for option, count in counts.items() if count == top]
    return Decision(max(best, key=rank), top, len(best) > 1)
