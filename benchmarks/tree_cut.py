"""Search for weights of tree-cut on one half of ImageNet's classes, and judge them on the other.

Usage: python benchmarks/tree_cut.py PUBLISHED [--dealings 0 1 2 3 4] [--tries 100]

PUBLISHED is the authors' clustered_imagenet_labels.json. Whole families of classes, each the
largest synset above at most 150 of them, are dealt to two halves; a hill climb from the default
weights sees the first alone. All dealings are shown.
"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas

from cil.hierarchy import Hierarchy
from cil.images.class_list import class_list
from cil.labels.agreement import agreement
from cil.labels.cut import best_cut
from cil.labels.labelset import Label, LabelSet
from cil.labels.named import read_labels
from cil.labels.naming import naming_table
from cil.labels.worth import WEIGHTS, Names, Weights
from cil.search.counts import count_names
from cil.search.sources.wordfreq import WordFreq
from cil.sources.hypernyms import hierarchy_above
from cil.sources.nouns import Nouns
from cil.sources.wordnet import open_wordnet

WORDNET = Path(__file__).resolve().parents[1] / "resources" / "wordnet"
MEASURES = ("ari", "ari_rest", "v_measure", "same_name")
FAMILY = 150  # classes at most


class Half:
    """Some of the classes as a class list of its own, with their published labels."""

    def __init__(self, hierarchy: Hierarchy, naming: pandas.DataFrame, labels: dict, classes: list):
        self.hierarchy = hierarchy.restricted(classes)
        self.names = Names(self.hierarchy, naming)
        self.published = LabelSet(self.hierarchy, {wnid: labels[wnid] for wnid in classes})

    def measures(self, weights: Weights, more: float = 1.0) -> np.ndarray:
        """Agreement of a cut into `more` times as many labels as the published set has."""
        wanted = round(more * len(self.published))
        chosen = best_cut(self.hierarchy, self.names.worth(weights), wanted)
        name = self.hierarchy.name
        cut = LabelSet(self.hierarchy, {w: Label(name(s), s) for w, s in chosen.items()})
        found = agreement(cut, self.published)
        return np.array([found[measure] for measure in MEASURES])


def deal(hierarchy: Hierarchy, seed: int) -> tuple[list[str], list[str]]:
    """Two halves of the classes: of two families next to each other in size, one to each."""
    families: dict[str, list[str]] = {}
    for wnid in hierarchy.classes:
        top = wnid
        while few := [p for p in hierarchy.parents(top) if hierarchy.n_classes(p) <= FAMILY]:
            top = max(few, key=lambda parent: (hierarchy.n_classes(parent), parent))
        families.setdefault(top, []).append(wnid)
    by_size = sorted(families.values(), key=lambda family: (-len(family), family))
    halves: tuple[list[str], list[str]] = ([], [])
    generator = np.random.default_rng(seed)
    for first in range(0, len(by_size), 2):
        swapped = int(generator.random() < 0.5)
        for place, family in enumerate(by_size[first : first + 2]):
            halves[place ^ swapped].extend(family)
    return halves


def climb(half: Half, tries: int, seed: int) -> Weights:
    """The best of `tries` weights, each a random step from the best so far."""
    generator = np.random.default_rng(seed)
    here = np.array(list(asdict(WEIGHTS).values()), dtype=float)
    best, step = -np.inf, 0.25
    for _ in range(tries):
        moved = generator.random(len(here)) < 0.5
        there = here * np.exp(step * moved * generator.normal(size=len(here)))
        ari, ari_rest, v_measure, same_name = half.measures(Weights(*there))
        score = ari + ari_rest + 5 * v_measure + same_name  # V differs by little
        if score >= best:
            here, best, step = there, score, min(0.4, step * 1.5)
        else:
            step = max(0.04, step * 0.96)
    return Weights(*here.tolist())


def main() -> None:
    """Print the measures of the defaults, then of every dealing with the weights found there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("published", type=Path)
    parser.add_argument("--dealings", type=int, nargs="+", default=list(range(5)))
    parser.add_argument("--tries", type=int, default=100)
    given = parser.parse_args()
    classes = class_list("synthetic", "", "imagenet-1k", WORDNET)
    hierarchy = hierarchy_above(classes, open_wordnet(WORDNET))
    names = sorted({synset.name for synset in hierarchy.synsets.values()})
    naming = naming_table(hierarchy, Nouns(WORDNET), count_names(WordFreq(), names, {}))
    naming = naming.set_index("wnid")
    labels = read_labels(hierarchy, given.published)
    everything = Half(hierarchy, naming, labels, classes)

    def show(what: str, half: Half, weights: Weights, *more: float) -> None:
        values = " / ".join(f"{value:.3f}" for value in half.measures(weights, *more))
        sys.stdout.write(f"{what:40} {values}\n")
        sys.stdout.flush()

    for labels_wanted in (488, 500, 510):
        more = labels_wanted / len(everything.published)
        show(f"defaults, all classes, {labels_wanted} labels", everything, WEIGHTS, more)
    for seed in given.dealings:
        first, second = (Half(hierarchy, naming, labels, each) for each in deal(hierarchy, seed))
        found = climb(first, given.tries, seed)
        for half, which in ((first, "half searched on"), (second, "other half")):
            show(f"dealing {seed}, {which}, defaults", half, WEIGHTS)
            show(f"dealing {seed}, {which}, found", half, found)
        show(f"dealing {seed}, all classes, found", everything, found)
        rounded = {name: round(value, 2) for name, value in asdict(found).items()}
        sys.stdout.write(f"  {rounded}\n")


if __name__ == "__main__":
    main()
