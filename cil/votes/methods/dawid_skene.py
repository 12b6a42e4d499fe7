"""Method `dawid-skene`: every voter has a skill (one-coin Dawid-Skene, Zhang et al. 2016)."""

from cil.votes.ballots import Ballots, Decision, Method
from cil.votes.skills import ITERATIONS, by_steps


def _dawid_skene(ballots: Ballots) -> dict[str, Decision]:
    from crowdkit.aggregation import OneCoinDawidSkene

    return by_steps(ballots, lambda: OneCoinDawidSkene(n_iter=ITERATIONS))


METHOD = Method(_dawid_skene, summary="the most probable step, where every voter has a skill")
