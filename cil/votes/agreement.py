"""How far voters agree: over all classes, class by class, and voter by voter.

Krippendorff's alpha is 1 for perfect agreement and 0 for what chance gives. Where it divides
nothing by nothing it is None, except that voters who all say the same one thing agree perfectly.
*Pairwise agreement* is the share of pairs of votes for one class that are equal, over all such
pairs. "Not sure" is no vote.

The *hierarchical* alpha knows that *dog* is nearer to *terrier* than to *cup*: two labels are
as far apart as the sets of classes that they would swallow, 1 - |A and B| / |A or B|.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas

from cil.hierarchy import Hierarchy
from cil.votes.ballots import OWN, Ballots, Option

CLASS_COLUMNS = (
    *("wnid", "name", "voters", "unsure", "pairwise_agreement", "krippendorff_alpha"),
    *("contested", "votes", "simulated"),
)
VOTER_COLUMNS = (
    *("voter", "simulated", "classes", "unsure", "own_labels", "agreement", "by_chance"),
    *("z", "finding"),
)
SUSPICION = 3.0  # standard deviations above chance below which a voter's answers look random
FEWEST = 20  # shared classes below which nothing is said of a voter


def agreement(votes: pandas.DataFrame, hierarchy: Hierarchy) -> dict[str, Any]:
    """The artifact agreement.json: alpha, pairwise agreement, who voted, who looks random."""
    ballots = Ballots(votes, hierarchy)
    table = by_voter(votes, hierarchy)
    classes = list(ballots.counts.values())
    return {
        "krippendorff_alpha": nominal_alpha(classes),
        "krippendorff_alpha_hierarchical": hierarchical_alpha(classes, hierarchy),
        "pairwise_agreement": pairwise_agreement(classes),
        "voters": len(table),
        "classes": sum(1 for counts in classes if counts),
        "votes": len(ballots.options),
        "unsure": int((votes["kind"] == "unsure").sum()),
        "suspicious_voters": {row.voter: row.finding for row in table.itertuples() if row.finding},
        "simulated": bool(votes["simulated"].any()),
    }


def pairwise_agreement(classes: Sequence[Counter[Option]]) -> float | None:
    """The share of pairs of votes for one class that are equal; None where there is no pair."""
    pairs = sum(counts.total() * (counts.total() - 1) for counts in classes)
    equal = sum(n * (n - 1) for counts in classes for n in counts.values())
    return equal / pairs if pairs else None


def nominal_alpha(classes: Sequence[Counter[Option]]) -> float | None:
    """Krippendorff's alpha where two labels are equal or not."""
    return _alpha(classes, lambda options: 1 - np.eye(len(options)))


def hierarchical_alpha(classes: Sequence[Counter[Option]], hierarchy: Hierarchy) -> float | None:
    """Krippendorff's alpha where nested labels are nearer than strangers."""
    return _alpha(classes, lambda options: _distances(options, hierarchy) ** 2)


def _distances(options: Sequence[Option], hierarchy: Hierarchy) -> np.ndarray:
    """1 - |A and B| / |A or B| for the classes A, B that two options would swallow."""
    swallowed = np.zeros((len(options), len(hierarchy.classes)))
    for row, option in enumerate(options):
        if option.wnid:
            swallowed[row, [hierarchy.index[w] for w in hierarchy.classes_below(option.wnid)]] = 1
    both = swallowed @ swallowed.T
    sizes = swallowed.sum(axis=1)
    either = sizes[:, None] + sizes[None, :] - both
    distance = 1 - np.divide(both, either, out=np.zeros_like(both), where=either > 0)
    np.fill_diagonal(distance, 0)
    return distance


def _alpha(classes: Sequence[Counter[Option]], squared_distances: Callable) -> float | None:
    """1 - observed / expected disagreement (Krippendorff 2011, Computing Alpha-Reliability).

    The package `krippendorff`, which the tests hold this against, builds several arrays of
    classes x labels x labels. The 9 voters of the default experiment use 971 labels for 1,000
    classes, which makes 7.5 GB each, more than a common machine can hold; the product of two
    matrices gives the same in 0.4 s.
    """
    pairable = [counts for counts in classes if counts.total() > 1]
    options = sorted(
        {option for counts in pairable for option in counts},
        key=lambda option: (option.wnid or "", option.text),
    )
    if not pairable:
        return None
    if len(options) == 1:
        return 1.0
    number = {option: index for index, option in enumerate(options)}
    table = np.zeros((len(pairable), len(options)))
    for row, counts in enumerate(pairable):
        for option, count in counts.items():
            table[row, number[option]] = count
    weights = 1 / (table.sum(axis=1) - 1)
    observed = table.T @ (weights[:, None] * table) - np.diag(weights @ table)
    totals = table.sum(axis=0)
    expected = (np.outer(totals, totals) - np.diag(totals)) / (totals.sum() - 1)
    distances = squared_distances(options)
    by_chance = (expected * distances).sum()
    return float(1 - (observed * distances).sum() / by_chance) if by_chance else None


def by_class(votes: pandas.DataFrame, hierarchy: Hierarchy) -> pandas.DataFrame:
    """Agreement class by class, as a frame with CLASS_COLUMNS, sorted by wnid.

    A class's alpha compares the disagreement within it with the one that chance would give
    among all votes. `contested`: no label has more than half of the votes. `votes` spells
    the votes out, "dog 3; terrier 2".
    """
    ballots = Ballots(votes, hierarchy)
    expected = _expected_disagreement(list(ballots.counts.values()))
    unsure = Counter(votes.loc[votes["kind"] == "unsure", "wnid"])
    rows = []
    for wnid in sorted(hierarchy.classes):
        counts = ballots.counts[wnid]
        pairwise = pairwise_agreement([counts])
        alpha = None
        if pairwise is not None and expected is not None:
            alpha = 1 - (1 - pairwise) / expected if expected else 1.0
        ranked = sorted(counts, key=ballots.rank(wnid), reverse=True)
        spelled = "; ".join(
            f"{ballots.label(option)} {counts[option]}"
            for option in sorted(ranked, key=lambda option: -counts[option])
        )
        contested = bool(counts) and 2 * max(counts.values()) <= counts.total()
        rows.append(
            (
                *(wnid, hierarchy.name(wnid), counts.total(), unsure[wnid], pairwise, alpha),
                *(contested, spelled, bool(votes["simulated"].any())),
            )
        )
    return pandas.DataFrame(rows, columns=list(CLASS_COLUMNS))


def contested(classes: pandas.DataFrame) -> pandas.DataFrame:
    """The contested rows of `by_class`, those with the least agreement first."""
    columns = ["pairwise_agreement", "wnid", "name", "voters", "unsure", "votes", "simulated"]
    split = classes[classes["contested"]]
    return split.sort_values(["pairwise_agreement", "wnid"], ignore_index=True)[columns]


def _expected_disagreement(classes: Sequence[Counter[Option]]) -> float | None:
    """The share of unequal pairs among all votes that share their class with another."""
    totals = sum((counts for counts in classes if counts.total() > 1), Counter())
    votes = totals.total()
    if not votes:
        return None
    return 1 - sum(n * (n - 1) for n in totals.values()) / (votes * (votes - 1))


def by_voter(votes: pandas.DataFrame, hierarchy: Hierarchy) -> pandas.DataFrame:
    """What each voter did, as a frame with VOTER_COLUMNS, sorted by voter; nobody is dropped.

    `agreement` is the mean share of the other voters who gave the same label, `by_chance` what
    answers picked blindly from the candidates would get, `z` the difference in standard
    deviations of such answers. `finding` is *random* where z is below 3, *same step* where
    every answer is a candidate the same number of steps above its class, so that the pictures
    can hardly have been looked at, and empty otherwise, or where fewer than 20 classes are shared.
    """
    ballots = Ballots(votes, hierarchy)
    answers: dict[str, list[int]] = {voter: [] for voter in sorted(votes["voter"].unique())}
    for index, voter in enumerate(ballots.voters):
        answers[voter].append(index)
    own = votes[votes["kind"] == "custom"].groupby("voter").size()
    unsure = votes[votes["kind"] == "unsure"].groupby("voter").size()
    simulated = votes.groupby("voter")["simulated"].any()
    rows = []
    for voter, indices in answers.items():
        shared, agreed, chance, z = _against_chance(ballots, indices)
        steps = {ballots.steps[index] for index in indices}
        finding = ""
        if len(indices) >= FEWEST and len(steps) == 1 and OWN not in steps:
            finding = "same step"
        elif shared >= FEWEST and z is not None and z < SUSPICION:
            finding = "random"
        rows.append(
            (
                *(voter, bool(simulated[voter]), len(indices), int(unsure.get(voter, 0))),
                *(int(own.get(voter, 0)), agreed, chance, z, finding),
            )
        )
    return pandas.DataFrame(rows, columns=list(VOTER_COLUMNS))


def _against_chance(
    ballots: Ballots, indices: Sequence[int]
) -> tuple[int, float | None, float | None, float | None]:
    """Over one voter's votes: classes shared with others, agreement, that of chance, and z."""
    agreed, chance, variance = [], [], []
    for index in indices:
        wnid, option = ballots.wnids[index], ballots.options[index]
        others = ballots.counts[wnid].total() - 1
        if not others:
            continue
        shares = {
            candidate.wnid: (
                ballots.counts[wnid][Option(candidate.wnid)] - (candidate.wnid == option.wnid)
            )
            / others
            for candidate in ballots.hierarchy.candidates(wnid)
        }
        agreed.append((ballots.counts[wnid][option] - 1) / others)
        chance.append(float(np.mean(list(shares.values()))))
        variance.append(float(np.var(list(shares.values()))))
    if not agreed:
        return 0, None, None, None
    spread = float(np.sqrt(np.sum(variance)))
    difference = float(np.sum(agreed) - np.sum(chance))
    z = difference / spread if spread else 0.0
    return len(agreed), float(np.mean(agreed)), float(np.mean(chance)), z
