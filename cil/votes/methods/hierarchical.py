"""Method `hierarchical`: the most specific candidate that half of the votes lie at or below.

A vote for *terrier* supports *dog*, one for *animal* doesn't; the majority decides where most votes
are for labels of voters' own.
"""

from collections import Counter

from cil.votes.ballots import Ballots, Decision, Method, Option, most


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
        return most(counts, ballots.rank(wnid))
    at_or_below: dict[Option, int] = {
        Option(candidate.wnid): sum(
            count
            for option, count in within.items()
            if option.wnid
            and (
                candidate.wnid == option.wnid or candidate.wnid in hierarchy.ancestors(option.wnid)
            )
        )
        for candidate in hierarchy.candidates(wnid)
    }
    half = [option for option in at_or_below if 2 * at_or_below[option] >= candidates]
    above: set[str] = set().union(
        *(hierarchy.ancestors(option.wnid) for option in half if option.wnid)
    )
    lowest = [option for option in half if option.wnid not in above]
    rank = ballots.rank(wnid)
    best = max(lowest, key=lambda option: (at_or_below[option], rank(option)))
    exactly_half = candidates in (own, 2 * at_or_below[best])
    return Decision(best, at_or_below[best], exactly_half or len(lowest) > 1)


METHOD = Method(
    _hierarchical,
    summary="the most specific candidate that half of the votes lie at or below",
)
