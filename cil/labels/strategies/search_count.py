"""Strategy `search-count`: the candidate with the largest count (paper, §3.2)."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated

from cil.configuration.keys import Key
from cil.hierarchy import Candidate, Hierarchy
from cil.labels.candidates import FAMILIARITY, best_of_each
from cil.labels.labelset import LabelSet
from cil.labels.strategy import Strategy

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
    familiarity: Annotated[Mapping[str, float], FAMILIARITY],
    barred: Annotated[
        Sequence[str],
        Key(
            "names that no class gets as a label, unless it is its own; `authors` stands for the "
            "28 names that the authors' application bars, and for the general ones that it does "
            "not offer",
            min_length=1,
        ),
    ] = (),
    most_classes: Annotated[
        int | None, Key("bars synsets that lie above more classes than this", minimum=1)
    ] = None,
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

    return best_of_each(
        hierarchy,
        lambda candidate: (
            familiarity.get(candidate.wnid, -1.0) if allowed(candidate) else -math.inf
        ),
    )


STRATEGY = Strategy(
    search_count,
    summary="the candidate with the largest count",
    card="Each class takes the most searched-for name on its way up in WordNet.",
)
