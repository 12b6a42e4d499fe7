"""What strategies share that choose for each class among its own candidates, by their counts."""

from collections.abc import Callable, Mapping
from pathlib import Path

from cil.hierarchy import Candidate, Hierarchy
from cil.labels.labelset import Label, LabelSet
from cil.labels.strategy import Input
from cil.search.familiarity import read_familiarity


def _read(path: str | Path, _: Hierarchy) -> Mapping[str, float]:
    return read_familiarity(path)


FAMILIARITY = Input("search/familiarity.parquet", _read)


def best_of_each(hierarchy: Hierarchy, worth: Callable[[Candidate], float]) -> LabelSet:
    """Each class takes the candidate that is worth most; of equal ones the more specific."""
    chosen = {}
    for wnid in hierarchy.classes:
        # The most specific candidate comes first, and `max` keeps the first of equals.
        best = max(reversed(hierarchy.candidates(wnid)), key=worth)
        chosen[wnid] = Label(best.name, best.wnid)
    return LabelSet(hierarchy, chosen)
