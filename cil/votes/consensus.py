"""From the votes for a class to its label, by one of several methods.

| method         | the label of a class                                                         |
|----------------|------------------------------------------------------------------------------|
| `majority`     | the one with the most votes                                                  |
| `hierarchical` | the most specific candidate that at least half of the votes lie at or below: |
|                | a vote for *terrier* supports *dog*, one for *animal* doesn't; the majority   |
|                | where most votes are for labels of voters' own                               |
| `dawid-skene`  | the most probable number of steps above the class, where every voter has a   |
|                | skill (one-coin Dawid-Skene, Zhang et al. 2016)                              |
| `mace`         | the same, where a voter sometimes answers without looking (Hovy et al. 2013) |

The last two work on steps above the class, which few voters repeat often enough to estimate
skills from; hundreds of labels would each be seen a few times. Among the candidates at the
winning step, the majority decides; all labels of voters' own together count as one step.

*Ties*, in every method: the more specific candidate wins, that is the later one from general
to specific; any candidate wins over a label of someone's own; of two of these the first in
the alphabet. "Not sure" is no vote. A class without a vote keeps its own name.
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas

from cil.errors import UserError
from cil.hierarchy import Hierarchy

CONSENSUS_COLUMNS = (
    *("wnid", "label", "label_wnid", "support"),
    *("voters", "method", "tie", "simulated"),
)
OWN = -1  # stands for the step of a label that is no candidate
ITERATIONS = 10  # of expectation maximisation: more change no label of 1,000 classes


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
            Option(above) if kind == "candidate" else Option(None, label.casefold())
            for above, kind, label in zip(*columns, strict=True)
        ]
        own = decided.loc[decided["kind"] == "custom", "label"]
        spellings = Counter(sorted(own)).most_common()
        self.spelling = {text.casefold(): text for text, _ in reversed(spellings)}
        self.places = {
            wnid: {candidate.wnid: n for n, candidate in enumerate(hierarchy.candidates(wnid))}
            for wnid in hierarchy.classes
        }
        self.counts: dict[str, Counter[Option]] = {wnid: Counter() for wnid in hierarchy.classes}
        for wnid, option in zip(self.wnids, self.options, strict=True):
            self.counts[wnid][option] += 1

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


def consensus(votes: pandas.DataFrame, hierarchy: Hierarchy, method: str) -> pandas.DataFrame:
    """The label of every class by `method`, as a frame with CONSENSUS_COLUMNS, sorted by wnid.

    `support` is how many votes carry the label, `voters` how many decided on the class,
    `tie` whether the tie rule was needed, `simulated` whether any of the votes is a computer's.
    Raises UserError for an unknown method.
    """
    ballots = Ballots(votes, hierarchy)
    decisions = decide(ballots, method)
    rows = []
    for wnid in sorted(hierarchy.classes):
        decision = decisions[wnid]
        label = ballots.label(decision.option)
        voters = ballots.counts[wnid].total()
        rows.append((wnid, label, decision.option.wnid, decision.support, voters, decision.tie))
    frame = pandas.DataFrame(
        rows, columns=["wnid", "label", "label_wnid", "support", "voters", "tie"]
    )
    frame["method"] = method
    frame["simulated"] = bool(votes["simulated"].any())
    return frame[list(CONSENSUS_COLUMNS)].astype({"label_wnid": "string"})


def decide(ballots: Ballots, method: str) -> dict[str, Decision]:
    """The decision on every class, in class order; UserError for an unknown method."""
    if method not in METHODS:
        raise UserError(
            f"survey.method: there is no method {method!r}; there are {', '.join(METHODS)}"
        )
    decisions = METHODS[method](ballots)
    unvoted = {wnid: Decision(Option(wnid), 0, False) for wnid in ballots.hierarchy.classes}
    return unvoted | decisions


def _majority(ballots: Ballots) -> dict[str, Decision]:
    return {
        wnid: _most(counts, ballots.rank(wnid)) for wnid, counts in ballots.counts.items() if counts
    }


def _most(counts: Counter[Option], rank: Callable[[Option], tuple]) -> Decision:
    top = max(counts.values())
    best = [option for option, count in counts.items() if count == top]
    return Decision(max(best, key=rank), top, len(best) > 1)


def _hierarchical(ballots: Ballots) -> dict[str, Decision]:
    return {
        wnid: _deepest_half(ballots, wnid, counts)
        for wnid, counts in ballots.counts.items()
        if counts
    }


def _deepest_half(ballots: Ballots, wnid: str, counts: Counter[Option]) -> Decision:
    hierarchy = ballots.hierarchy
    within = {option: count for option, count in counts.items() if option.wnid}
    candidates, own = sum(within.values()), counts.total() - sum(within.values())
    if own > candidates:
        return _most(counts, ballots.rank(wnid))
    at_or_below = {
        Option(candidate.wnid): sum(
            count
            for option, count in within.items()
            if candidate.wnid == option.wnid or candidate.wnid in hierarchy.ancestors(option.wnid)
        )
        for candidate in hierarchy.candidates(wnid)
    }
    half = [option for option in at_or_below if 2 * at_or_below[option] >= candidates]
    above = set().union(*(hierarchy.ancestors(option.wnid) for option in half))
    lowest = [option for option in half if option.wnid not in above]
    rank = ballots.rank(wnid)
    best = max(lowest, key=lambda option: (at_or_below[option], rank(option)))
    exactly_half = candidates in (own, 2 * at_or_below[best])
    return Decision(best, at_or_below[best], exactly_half or len(lowest) > 1)


def _dawid_skene(ballots: Ballots) -> dict[str, Decision]:
    from crowdkit.aggregation import OneCoinDawidSkene

    return _by_steps(ballots, lambda: OneCoinDawidSkene(n_iter=ITERATIONS))


def _mace(ballots: Ballots) -> dict[str, Decision]:
    from crowdkit.aggregation import MACE

    # crowd-kit 1.4 seeds every restart alike, so that one is as good as several.
    return _by_steps(ballots, lambda: MACE(n_restarts=1, n_iter=ITERATIONS))


def _by_steps(ballots: Ballots, model: Callable) -> dict[str, Decision]:
    """Let `model` decide the step of each class, and the majority among the votes at it."""
    if len(set(ballots.steps)) < 2 or len(set(ballots.voters)) < 2:
        return _majority(ballots)  # nothing to tell voters apart by
    probability = _probabilities(ballots, model())
    decisions = {}
    for wnid, counts in ballots.counts.items():
        if not counts:
            continue
        steps: dict[int, Counter[Option]] = {}
        for option, count in counts.items():
            steps.setdefault(ballots.step(wnid, option), Counter())[option] = count
        top = max(probability[wnid, step] for step in steps)
        best = [step for step in steps if math.isclose(probability[wnid, step], top, rel_tol=1e-6)]
        chosen = _most(sum((steps[step] for step in best), Counter()), ballots.rank(wnid))
        decisions[wnid] = Decision(chosen.option, chosen.support, chosen.tie or len(best) > 1)
    return decisions


def _probabilities(ballots: Ballots, model) -> dict[tuple[str, int], float]:
    """What a crowd-kit model holds of each class and step, as probabilities."""
    columns = {"worker": ballots.voters, "task": ballots.wnids, "label": ballots.steps}
    # crowd-kit 1.4's MACE mixes the order of appearance with the sorted order, and is right
    # only where the two agree: numbers given by appearance make them agree.
    coded = {column: pandas.factorize(np.array(values)) for column, values in columns.items()}
    data = pandas.DataFrame({column: codes for column, (codes, _) in coded.items()})
    table = model.fit_predict_proba(data)
    tasks, steps = coded["task"][1], coded["label"][1]
    names, columns = tasks[table.index].tolist(), steps[table.columns].tolist()
    return {
        (name, step): probability
        for name, row in zip(names, table.to_numpy().tolist(), strict=True)
        for step, probability in zip(columns, row, strict=True)
    }


METHODS: dict[str, Callable[[Ballots], dict[str, Decision]]] = {
    "majority": _majority,
    "hierarchical": _hierarchical,
    "dawid-skene": _dawid_skene,
    "mace": _mace,
}
