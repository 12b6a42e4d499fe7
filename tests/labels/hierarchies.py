"""Small hierarchies: from the names of parents, or at random with several parents each."""

import itertools

import networkx
from hypothesis import strategies as st

from cil.hierarchy import Hierarchy, Synset


def made(
    links: dict[str, list[str]], classes: list[str], lemmas: dict[str, list[str]] | None = None
) -> Hierarchy:
    """A hierarchy from the parents of each synset, named by a word instead of a wnid.

    `lemmas` gives the names of some.
    """
    wnids = set(links).union(*links.values(), classes)
    names = {wnid: (wnid.split("#")[0],) for wnid in wnids} | (lemmas or {})
    return Hierarchy(
        classes,
        {wnid: Synset(wnid, names[wnid][0], wnid, tuple(names[wnid]), "") for wnid in wnids},
        [(child, parent, "hypernym") for child, above in links.items() for parent in above],
    )


@st.composite
def random_hierarchies(draw, size: int = 9, inner_classes: bool = False) -> Hierarchy:
    """Up to `size` synsets with up to three parents; classes are the lowest, perhaps others."""
    count = draw(st.integers(2, size))
    links = {
        f"s{child}": [
            f"s{parent}"
            for parent in draw(st.sets(st.integers(0, child - 1), min_size=1, max_size=3))
        ]
        for child in range(1, count)
    }
    parents = set(itertools.chain(*links.values()))
    lowest = [name for name in links if name not in parents]
    inner = draw(st.sets(st.sampled_from(sorted(parents)))) if inner_classes else set()
    return made(links, draw(st.permutations(lowest + sorted(inner))))


def all_cuts(hierarchy: Hierarchy) -> list[frozenset[str]]:
    """Every consistent cut, by trying every set of synsets."""
    lowest = [wnid for wnid in hierarchy.classes if not hierarchy.children(wnid)]
    synsets = list(networkx.topological_sort(hierarchy.graph))
    return [
        frozenset(chosen)
        for number in range(1, len(lowest) + 1)
        for chosen in itertools.combinations(synsets, number)
        if all(len((hierarchy.ancestors(w) | {w}) & set(chosen)) == 1 for w in lowest)
    ]
