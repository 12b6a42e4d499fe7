"""Method `mace`: a voter sometimes answers without looking (Hovy et al. 2013)."""

from cil.votes.ballots import Ballots, Decision, Method
from cil.votes.skills import ITERATIONS, by_steps


def _mace(ballots: Ballots) -> dict[str, Decision]:
    from crowdkit.aggregation import MACE

    # crowd-kit 1.4 seeds every restart alike, so that one is as good as several.
    return by_steps(ballots, lambda: MACE(n_restarts=1, n_iter=ITERATIONS))


METHOD = Method(
    _mace, summary="the most probable step, where a voter sometimes answers without looking"
)
