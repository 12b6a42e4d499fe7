"""From the votes for a class to its label, by one of several methods (cil/votes/methods).

*Ties*, in every method: the more specific candidate wins, that is the later one from general
to specific; any candidate wins over a label of someone's own; of two of these the first in
the alphabet. "Not sure" is no vote. A class without a vote keeps its own name.
"""

from collections.abc import Mapping

import pandas

from cil.configuration.registry import Registry
from cil.errors import UserError
from cil.hierarchy import Hierarchy
from cil.votes.ballots import Ballots, Decision, Method, Option

METHODS: Mapping[str, Method] = Registry("cil.votes.methods", "METHOD")

CONSENSUS_COLUMNS = (
    *("wnid", "label", "label_wnid", "support"),
    *("voters", "method", "tie", "simulated"),
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
    decisions = METHODS[method].decide(ballots)
    unvoted = {wnid: Decision(Option(wnid), 0, False) for wnid in ballots.hierarchy.classes}
    return unvoted | decisions
