"""Simulated voters: people stand-ins, so that an experiment runs before anybody has voted.

A simulated voter calls things by words that it knows and that say enough. It gives every
synset the score

    min(familiarity, saturation) - generality x height - 1 per word after the first + taste

- *familiarity* is the logarithm (base 10) of how often the name is found (search/counts).
  It saturates at the 90th percentile of all names: a word that everybody knows gains nothing
  from being still more frequent ("food" against "bread").
- *height* counts the links down to the deepest class: the higher, the less a word says.
- people call things by short words (R. Brown, How shall a thing be called?, 1958).
- *taste* is the voter's own, normal, drawn once for a synset, so that a voter who says "dog" to
  one dog says it to the others too.

The voter then cuts the hierarchy at the synsets that score at least as high as the best that
can be had below them on average, and labels a class by the most general such synset above it.

The numbers below, the saturation and the word penalty were chosen by hand so that the consensus
of the default panel comes near to the published labels, on all 1,000 classes: that it agrees with
them (an adjusted Rand index of 0.89) is fitted, and no evidence for anything. What may be learnt
from simulated voters is how methods and numbers of voters compare.

| policy        | generality | taste | not sure | slips to a neighbouring candidate |
|---------------|-----------:|------:|---------:|----------------------------------:|
| `familiarity` |       0.20 |   0.3 |       1% |                                2% |
| `detail`      |       0.40 |   0.3 |       1% |                                2% |
| `undecided`   |       0.20 |   0.5 |      15% |                               10% |
| `random`      |  picks any candidate, whatever the class                                  |
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas

from cil.errors import UserError
from cil.hierarchy import Hierarchy
from cil.votes.table import ALL_COLUMNS

SATURATION = 0.9  # quantile of the names' familiarity above which a word is simply known
WORD_PENALTY = 1.0  # per word after the first, in powers of ten of the count
SPREAD = 0.15  # of a voter's generality around its policy's, as a standard deviation of its log


@dataclass(frozen=True)
class Policy:
    """How a kind of voter chooses; the module says what the numbers mean."""

    generality: float
    taste: float
    unsure: float
    slips: float


POLICIES: dict[str, Policy | None] = {
    "familiarity": Policy(generality=0.20, taste=0.3, unsure=0.01, slips=0.02),
    "detail": Policy(generality=0.40, taste=0.3, unsure=0.01, slips=0.02),
    "undecided": Policy(generality=0.20, taste=0.5, unsure=0.15, slips=0.10),
    "random": None,
}


def simulate_votes(
    hierarchy: Hierarchy,
    counts: Mapping[str, float],
    panel: Mapping[str, int],
    seed: int = 0,
) -> pandas.DataFrame:
    """The votes of simulated voters for every class, as a table of votes.

    Args:
        hierarchy: the classes and their candidates.
        counts: how often a name is found; a name without a count counts as never.
        panel: how many voters of each policy.
        seed: two panels of the same seed share their voters as far as both go.

    Returns a frame with the columns of `cil.votes.table`; `cast_at` counts the seconds from
    1970, since nobody voted. Raises UserError for an unknown policy or an empty panel.
    """
    unknown = [policy for policy in panel if policy not in POLICIES]
    if unknown or not sum(panel.values()):
        raise UserError(
            f"simulated voters: found {dict(panel)}; expected how many voters of each policy, "
            f"at least one voter in all, among {', '.join(POLICIES)}"
        )
    names = [(policy, number) for policy, size in panel.items() for number in range(1, size + 1)]
    choices = _choices(hierarchy, counts, names, seed)
    rows = []
    for (policy, number), chosen in zip(names, choices, strict=True):
        voter = f"simulated-{policy}-{number:02d}"
        for second, (wnid, above) in enumerate(zip(hierarchy.classes, chosen, strict=True)):
            cast_at = f"1970-01-01T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"
            name = hierarchy.name(above) if above else ""
            kind = "candidate" if above else "unsure"
            rows.append((voter, wnid, name, above or None, kind, cast_at, "page", True))
    votes = pandas.DataFrame(rows, columns=list(ALL_COLUMNS)).astype({"label_wnid": "string"})
    return votes.sort_values(["voter", "wnid"], ignore_index=True)


def familiarity(hierarchy: Hierarchy, counts: Mapping[str, float]) -> dict[str, float]:
    """For every synset the logarithm of its name's count, saturated; a rarest one as if once."""
    known = [counts.get(hierarchy.name(wnid), 0) for wnid in hierarchy.synsets]
    found = np.nan_to_num(np.array(known, float))
    if not (found > 0).any():
        raise UserError(
            "simulated voters: none of the hierarchy's names has a count; "
            "delete search/counts.parquet and run again"
        )
    logarithms = np.log10(np.maximum(found, found[found > 0].min()))
    saturated = np.minimum(logarithms, np.quantile(logarithms, SATURATION))
    return dict(zip(hierarchy.synsets, saturated.tolist(), strict=True))


def _choices(
    hierarchy: Hierarchy,
    counts: Mapping[str, float],
    names: Sequence[tuple[str, int]],
    seed: int,
) -> list[list[str | None]]:
    """For every voter the wnid that it chooses for each class, None where it isn't sure."""
    order = hierarchy.topological_order
    appeal, heights = _appeal(hierarchy, counts)
    generators = [np.random.default_rng([seed, *policy.encode(), n]) for policy, n in names]
    scores = np.zeros((len(order), len(names)))
    for voter, ((name, _), rng) in enumerate(zip(names, generators, strict=True)):
        if policy := POLICIES[name]:
            generality = policy.generality * np.exp(rng.normal(0, SPREAD))
            taste = policy.taste * rng.standard_normal(len(order))
            scores[:, voter] = appeal - generality * heights + taste
    takes = _cut(hierarchy, scores)
    candidates = [[above.wnid for above in hierarchy.candidates(c)] for c in hierarchy.classes]
    row = {wnid: index for index, wnid in enumerate(order)}
    return [
        [
            _answer(POLICIES[name], above, [takes[row[wnid], voter] for wnid in above], rng)
            for above in candidates
        ]
        for voter, ((name, _), rng) in enumerate(zip(names, generators, strict=True))
    ]


def _appeal(hierarchy: Hierarchy, counts: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """What all voters share: familiarity less the words' number, and the heights."""
    known = familiarity(hierarchy, counts)
    order = hierarchy.topological_order
    words = [len(hierarchy.name(wnid).replace("-", " ").split()) for wnid in order]
    appeal = np.array([known[wnid] for wnid in order]) - WORD_PENALTY * (np.array(words) - 1)
    return appeal, np.array([hierarchy.heights[wnid] for wnid in order])


def _cut(hierarchy: Hierarchy, scores: np.ndarray) -> np.ndarray:
    """Whether each voter would stop at each synset, as booleans of the shape of `scores`.

    `scores` has a row per synset in topological order and a column per voter.
    """
    order = hierarchy.topological_order
    row = {wnid: index for index, wnid in enumerate(order)}
    best = scores.copy()
    takes = np.ones(scores.shape, dtype=bool)
    for wnid in reversed(order):
        children = [row[child] for child in hierarchy.children(wnid)]
        if children:
            sizes = np.array([hierarchy.n_classes(order[child]) for child in children])
            below = sizes @ best[children] / sizes.sum()
            takes[row[wnid]] = scores[row[wnid]] >= below
            best[row[wnid]] = np.maximum(scores[row[wnid]], below)
    return takes


def _answer(
    policy: Policy | None,
    candidates: Sequence[str],
    takes: Sequence[bool],
    rng: np.random.Generator,
) -> str | None:
    """One voter's choice among a class's candidates, the first of which is the most general."""
    if policy is None:
        return candidates[int(rng.integers(len(candidates)))]
    unsure, slip, direction = rng.random(3)
    if unsure < policy.unsure:
        return None
    # The class itself is below nothing, so every voter stops there at the latest.
    position = next(index for index, take in enumerate(takes) if take)
    if slip < policy.slips:
        position = position + 1 if direction < 0.5 else position - 1
    return candidates[min(max(position, 0), len(candidates) - 1)]
