"""Strategies that choose labels by how familiar their names are, without any votes.

| strategy       | the label of a class                                                         |
|----------------|------------------------------------------------------------------------------|
| `search-count` | the candidate whose name has the largest count (paper, §3.2)                 |
| `entry-level`  | the largest log10 count minus `penalty` for each link up (Ordonez et al.     |
|                | 2013, *From Large Scale Image Categorization to Entry-Level Categories*)     |
| `tree-cut`     | what the best consistent cut through the whole hierarchy gives it            |
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas

from cil.hierarchy import Candidate, Hierarchy
from cil.labels.agreement import agreement
from cil.labels.labelset import Label, LabelSet

# The names that the authors' survey application never proposes (`blacklists` in survey_app/app of
# their repository).
AUTHORS_BARRED = (
    "animal, device, instrument, clothing, plant part, fruit, natural object, "
    "musical instrument, organism, vertebrate, course, implement, support, vegetable, mammal, "
    "carnivore, placental, furniture, equipment, electronic equipment, arthropod, invertebrate, "
    "consumer goods, nutriment, dish, plant organ, reproductive structure, edible fruit"
).split(", ")
# Nor these, which are left out of the candidates that it proposes from (`new_classname_candiates`).
AUTHORS_ABSENT = ("entity", "physical entity", "object", "whole", "living thing", "matter")


def search_count(
    hierarchy: Hierarchy,
    familiarity: Mapping[str, float],
    barred: Sequence[str] = (),
    most_classes: int | None = None,
) -> LabelSet:
    """The candidate with the largest count; of equal ones the more specific.

    Args:
        hierarchy: the classes and their candidates.
        familiarity: a count by wnid; a synset without one is never chosen before one with.
        barred: names that no class is labelled with, unless it is a class's own. `authors`
            among them stands for the names that the authors' application bars.
        most_classes: bars synsets above more classes than this.
    """
    names = set(barred)
    if "authors" in names:
        names |= {*AUTHORS_BARRED, *AUTHORS_ABSENT}

    def allowed(candidate: Candidate) -> bool:
        few = most_classes is None or hierarchy.n_classes(candidate.wnid) <= most_classes
        return candidate.steps == 0 or (few and candidate.name not in names)

    return _best_of_each(
        hierarchy,
        lambda candidate: (
            familiarity.get(candidate.wnid, -1.0) if allowed(candidate) else -math.inf
        ),
    )


def entry_level(hierarchy: Hierarchy, familiarity: Mapping[str, float], penalty: float) -> LabelSet:
    """The largest log10 count minus `penalty` per link up; of equal ones the more specific."""
    return _best_of_each(
        hierarchy,
        lambda candidate: (
            math.log10(1 + familiarity.get(candidate.wnid, 0.0)) - penalty * candidate.steps
        ),
    )


def _best_of_each(hierarchy: Hierarchy, worth: Callable[[Candidate], float]) -> LabelSet:
    chosen = {}
    for wnid in hierarchy.classes:
        # The most specific candidate comes first, and `max` keeps the first of equals.
        best = max(reversed(hierarchy.candidates(wnid)), key=worth)
        chosen[wnid] = Label(best.name, best.wnid)
    return LabelSet(hierarchy, chosen)


@dataclass(frozen=True)
class Weights:
    """What a label's name is worth to a class below it; see `worth_of_names`.

    The defaults were chosen by random search on one half of ImageNet's classes (whole families,
    dealt by a hash), by agreement with the published labels there. Agreement of the cut into 488
    labels as ARI / ARI without the dogs / V-measure / same name: 0.68 / 0.62 / 0.96 / 0.62 on that
    half, 0.97 / 0.72 / 0.96 / 0.70 on the other, 0.90 / 0.59 / 0.96 / 0.66 on all. The length of
    the name, tried as a further term, gained nothing on that half. Most of what is missing are
    the 59 birds: the published labels have both bird and aquatic bird below it, which no
    consistent cut can.
    """

    known: float = 4.7  # Zipf frequency from which a word is as good as known to everybody
    steepness: float = 4.8  # how sharply familiarity stops to grow there
    meaning: float = 1.5  # of log10 of the part of the word's uses that have this meaning
    words: float = 0.3  # Zipf points off per further word: wordfreq rates phrases too high
    generality: float = 7.0  # of the tenth part of the bits that say which kind of it
    convexity: float = 1.5  # power of those bits: the more general, the more a step costs
    headed: float = 2.7  # of the tenth part of the bits of how many kinds are named after it
    mentioned: float = 6.0  # the same of how many kinds are defined by it


def worth_of_names(naming: pandas.DataFrame, weights: Weights = Weights()) -> dict[str, float]:
    """How well each synset's name serves to name a thing below it.

    `naming` is the table of `cil.labels.naming`, indexed by wnid. The worth grows with the
    familiarity of the word in this meaning, up to where everybody knows it; with how many kinds
    are named after it or explained by it. It falls, faster and faster, with the number of kinds
    that it leaves open.
    """
    words = naming["name"].str.count(" ").to_numpy()
    zipf = (
        naming["zipf"].to_numpy()
        + weights.meaning * np.log10(naming["share"].to_numpy())
        - weights.words * words
    )
    familiarity = -np.logaddexp(0, weights.steepness * (weights.known - zipf)) / weights.steepness
    bits = {
        column: np.log2(1 + naming[column].to_numpy()) / 10
        for column in ("hyponyms", "headed", "mentioned")
    }
    worth = (
        familiarity
        - weights.generality * bits["hyponyms"] ** weights.convexity
        + weights.headed * bits["headed"]
        + weights.mentioned * bits["mentioned"]
    )
    return dict(zip(naming.index, worth.tolist(), strict=True))


def tree_cut(
    hierarchy: Hierarchy,
    naming: pandas.DataFrame,
    labels: int | None = None,
    reward: float = 0.0,
    weights: Weights = Weights(),
) -> LabelSet:
    """The consistent cut whose names serve the classes best; see `cil.labels.cut`.

    Args:
        hierarchy: the classes and what lies above them.
        naming: the table of `cil.labels.naming`, indexed by wnid.
        labels: how many labels to end with, or as near as a cut can come.
        reward: where `labels` is not given, what each further label is worth.
        weights: of what makes a good name.
    """
    from cil.labels.cut import best_cut  # the solver takes a second to load

    chosen = best_cut(hierarchy, worth_of_names(naming, weights), labels, reward)
    return LabelSet(
        hierarchy,
        {wnid: Label(hierarchy.name(above), above) for wnid, above in chosen.items()},
    )


def tree_cut_sizes(
    hierarchy: Hierarchy,
    naming: pandas.DataFrame,
    reference: LabelSet,
    wanted: Sequence[int] = tuple(range(100, 901, 50)),
) -> pandas.DataFrame:
    """The cut at several numbers of labels: a row for each, with its agreement with a reference."""
    sizes = [size for size in wanted if size <= len(hierarchy.classes)] or [len(reference)]
    rows = []
    for size in sizes:
        labelset = tree_cut(hierarchy, naming, size)
        largest = int(labelset.sizes.argmax())
        rows.append(
            {"wanted": size, "labels": len(labelset), **agreement(labelset, reference)}
            | {"largest_label": labelset.names[largest], "largest_size": labelset.sizes[largest]}
        )
    return pandas.DataFrame(rows)
