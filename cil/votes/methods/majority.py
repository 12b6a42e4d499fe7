"""Method `majority`: the label with the most votes."""

from cil.votes.ballots import Ballots, Decision, Method, most


def majority(ballots: Ballots) -> dict[str, Decision]:
    """The label of each class with the most votes."""
    return {
        wnid: most(counts, ballots.rank(wnid)) for wnid, counts in ballots.counts.items() if counts
    }


METHOD = Method(majority, summary="the most votes")
