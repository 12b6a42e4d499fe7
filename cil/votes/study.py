"""How many voters does a stable consensus need? A study by simulation.

A crowd of 100 voters is simulated. The consensus of one half, by one method, is the goal; panels
drawn from the other half, who never voted for the goal, show how near fewer voters come to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas
from sklearn.metrics import adjusted_rand_score
from tqdm import tqdm

from cil.hierarchy import Hierarchy
from cil.votes.ballots import Ballots
from cil.votes.consensus import decide
from cil.votes.simulate import simulate_votes

HALF = 50  # voters behind the consensus that the others are compared with
STUDY_COLUMNS = (
    *("voters", "method", "random_voters", "ari_mean", "ari_std", "labels", "panels"),
    "simulated",
)


@dataclass(frozen=True)
class Study:
    """What to simulate; described in config/schema.yaml under survey.study."""

    voters: Sequence[int]
    methods: Sequence[str]
    panels: int
    random_share: float
    seed: int


def study_voters(
    hierarchy: Hierarchy, counts: Mapping[str, float], panel: Mapping[str, int], study: Study
) -> pandas.DataFrame:
    """How the consensus of few voters agrees with that of 50, as a frame with STUDY_COLUMNS.

    The crowd has the policies of `panel` in the same shares, and is studied twice: as it is, and
    with `random_share` of its voters answering at random. `ari_mean` and `ari_std` are of the
    adjusted Rand index between the two partitions of the classes, over the panels drawn;
    `labels` is the mean number of labels. One row per number of voters, method and share, sorted.
    """
    crowds = {0.0, study.random_share}
    work = [(share, voters) for share in sorted(crowds) for voters in sorted(set(study.voters))]
    goals, pools = {}, {}
    for share in crowds:
        goal, pools[share] = _halves(hierarchy, counts, _crowd(panel, share), study.seed)
        ballots = Ballots(goal, hierarchy)
        goals[share] = {method: _partition(ballots, method) for method in study.methods}
    rows = []
    for share, voters in tqdm(work, desc="panels", unit="size"):
        found: dict[str, list[Any]] = {method: [] for method in study.methods}
        # There is only one way to draw the whole other half.
        for number in range(study.panels if voters < HALF else 1):
            rng = np.random.default_rng([study.seed, voters, number])
            ballots = Ballots(_drawn(pools[share], voters, rng), hierarchy)
            for method in study.methods:
                found[method].append(_partition(ballots, method))
        rows += [
            _row(voters, method, share, partitions, goals[share][method])
            for method, partitions in found.items()
        ]
    frame = pandas.DataFrame(rows, columns=list(STUDY_COLUMNS))
    return frame.sort_values(["voters", "method", "random_voters"], ignore_index=True)


def _crowd(panel: Mapping[str, int], random_share: float) -> dict[str, int]:
    """A crowd of 100: `random_share` answer at random, the others as `panel` has them."""
    blind = round(2 * HALF * random_share)
    policies = {policy: size for policy, size in panel.items() if size and policy != "random"}
    cuts = np.cumsum([0, *policies.values()]) / sum(policies.values()) * (2 * HALF - blind)
    sizes = np.diff(np.round(cuts).astype(int)).tolist()
    return dict(zip(policies, sizes, strict=True)) | {"random": blind}


def _halves(
    hierarchy: Hierarchy, counts: Mapping[str, float], crowd: Mapping[str, int], seed: int
) -> tuple[pandas.DataFrame, pandas.DataFrame]:
    """The votes of two halves of a crowd, of the same mixture of policies."""
    votes = simulate_votes(hierarchy, counts, crowd, seed)
    goal = np.isin(votes["voter"], sorted(votes["voter"].unique())[::2])
    return votes[goal], votes[~goal]


def _drawn(pool: pandas.DataFrame, voters: int, rng: np.random.Generator) -> pandas.DataFrame:
    """The votes of `voters` people drawn from `pool`."""
    names = sorted(pool["voter"].unique())
    return pool[pool["voter"].isin(rng.choice(names, min(voters, len(names)), replace=False))]


def _partition(ballots: Ballots, method: str) -> list:
    """The option of every class, in class order."""
    return [str(decision.option) for decision in decide(ballots, method).values()]


def _row(
    voters: int, method: str, share: float, partitions: Sequence[list], goal: list
) -> tuple[int, str, float, float, float, float, int, bool]:
    scores = [adjusted_rand_score(goal, partition) for partition in partitions]
    labels = float(np.mean([len(set(partition)) for partition in partitions]))
    mean, deviation = float(np.mean(scores)), float(np.std(scores))
    return voters, method, share, mean, deviation, labels, len(scores), True
