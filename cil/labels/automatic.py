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

import pandas

from cil.hierarchy import Candidate, Hierarchy
from cil.labels.agreement import agreement
from cil.labels.labelset import SIMULATED, Label, LabelSet
from cil.labels.worth import WEIGHTS, Weights, worth_of_names

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


def tree_cut(
    hierarchy: Hierarchy,
    naming: pandas.DataFrame,
    labels: int | None = None,
    reward: float = 0.0,
    weights: Weights = WEIGHTS,
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

    chosen = best_cut(hierarchy, worth_of_names(hierarchy, naming, weights), labels, reward)
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
            | {SIMULATED: reference.simulated_votes}
        )
    return pandas.DataFrame(rows)
