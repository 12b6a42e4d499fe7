"""How well the name of a synset serves to label the classes below it.

A good label is a word that everybody knows in this meaning, that other names are built from and
explained by, and that leaves little open; it costs to hide words that people know, such as owl
and duck under bird, and to call a single thing by a word that is not its own.
"""

from dataclasses import dataclass

import numpy as np
import pandas
from scipy.sparse import csr_array

from cil.hierarchy import Hierarchy


@dataclass(frozen=True)
class Weights:
    """What each property of a name is worth; see `Names.worth`.

    The defaults are round numbers, and the choice was not blind: which properties count, and
    about how much, was found while looking at all classes and their published labels. As ARI /
    ARI without the dogs / V-measure / same name, on all classes: 0.94 / 0.65 / 0.96 / 0.65 with
    488 labels, 0.94 / 0.66 / 0.96 / 0.65 with 510. How little is fitted shows
    `benchmarks/tree_cut.py`: weights searched for on one half of the classes, in five dealings
    of whole families, do no better on the other half than these. Means:

    | weights        | half searched on          | other half                |
    |----------------|---------------------------|---------------------------|
    | defaults       | 0.87 / 0.69 / 0.96 / 0.66 | 0.79 / 0.65 / 0.95 / 0.63 |
    | found on half  | 0.86 / 0.69 / 0.96 / 0.68 | 0.72 / 0.62 / 0.95 / 0.60 |

    Nothing beside these was gained by how many parts a thing has, by plurals, by the number of
    a word's meanings or letters, or by how many of the classes have the label in their name.
    """

    known: float = 4.0  # Zipf frequency from which a word is as good as known to everybody
    steepness: float = 2.0  # how sharply familiarity stops to grow there
    phrase_most: float = 4.0  # Zipf frequency that names of several words have at most
    phrase_least: float = 3.5  # and at least; between them that of their rarest word
    meaning: float = 1.0  # of log10 of the part of the word's uses that have this meaning
    generality: float = 8.0  # of the tenth part of the bits that say which kind of it
    convexity: float = 2.0  # power of those bits: the more general, the more a step costs
    headed: float = 3.0  # of the tenth part of the bits of how many kinds are named after it
    mentioned: float = 6.0  # the same of how many kinds are defined by it
    compound: float = 1.0  # of a name that says what it is a kind of: wading bird
    hidden: float = 2.0  # of each Zipf point by which a word that a label hides is known
    hidden_from: float = 3.0  # Zipf frequency from which a hidden word counts
    renamed: float = 2.0  # of one class alone, called by a word that is not in its own name


WEIGHTS = Weights()


class Names:
    """The names of all synsets, measured once, so that many weights can be tried on them.

    Args:
        hierarchy: the classes and what lies above them.
        naming: the table of `cil.labels.naming`, indexed by wnid.
    """

    def __init__(self, hierarchy: Hierarchy, naming: pandas.DataFrame) -> None:
        self.wnids = sorted(hierarchy.synsets)
        table = naming.loc[self.wnids]
        words = [hierarchy.name(wnid).lower() for wnid in self.wnids]
        self.zipf = table["zipf"].to_numpy()
        self.rarest = table["rarest"].to_numpy()
        self.share = np.log10(table["share"].to_numpy())
        self.hyponyms, self.headed, self.mentioned = (
            np.log2(1 + table[column].to_numpy()) / 10
            for column in ("hyponyms", "headed", "mentioned")
        )
        self.phrase = np.array([" " in word for word in words])
        self.compound = np.array([_says_its_kind(hierarchy, wnid) for wnid in self.wnids])
        self.renamed = np.array([_renames_one(hierarchy, wnid) for wnid in self.wnids])
        self.classes = np.array([hierarchy.n_classes(wnid) for wnid in self.wnids])
        self._hides = _hides(hierarchy, self.wnids, words)

    def worth(self, weights: Weights = WEIGHTS) -> dict[str, float]:
        """What each synset's name is worth, per class, as a label of all classes below it.

        The counts of phrases are guessed from those of their words ("game bird" would be as
        usual as "bird"), so a phrase is taken to be about as well known as all others, and less
        so where one of its words is rare.
        """
        phrase = np.clip(self.rarest, weights.phrase_least, weights.phrase_most)
        zipf = np.where(self.phrase, phrase, self.zipf) + weights.meaning * self.share
        known = -np.logaddexp(0, weights.steepness * (weights.known - zipf)) / weights.steepness
        hidden = self._hides @ np.maximum(0, zipf - weights.hidden_from)
        worth = (
            known
            - weights.generality * self.hyponyms**weights.convexity
            + weights.headed * self.headed
            + weights.mentioned * self.mentioned
            + weights.compound * self.compound
            - weights.renamed * self.renamed
            - weights.hidden * hidden / self.classes
        )
        return dict(zip(self.wnids, worth.tolist(), strict=True))


def worth_of_names(
    hierarchy: Hierarchy, naming: pandas.DataFrame, weights: Weights = WEIGHTS
) -> dict[str, float]:
    """`Names.worth` of one choice of weights."""
    return Names(hierarchy, naming).worth(weights)


def _hides(hierarchy: Hierarchy, wnids: list[str], words: list[str]) -> csr_array:
    """Which words (columns) below each synset (rows) a label of its name hides, as ones.

    Names of several words are left out, as their counts say little, and so are names that
    contain the label's: who says bullfrog says frog.
    """
    number = {wnid: index for index, wnid in enumerate(wnids)}
    rows, columns = [], []
    for below, wnid in enumerate(wnids):
        if " " not in words[below]:
            over = [number[above] for above in hierarchy.ancestors(wnid)]
            hiding = [above for above in over if words[above] not in words[below]]
            rows += hiding
            columns += [below] * len(hiding)
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(wnids), len(wnids)))


def _says_its_kind(hierarchy: Hierarchy, wnid: str) -> bool:
    """Whether a name ends in that of an ancestor: wading bird."""
    _, space, last = hierarchy.name(wnid).lower().partition(" ")
    return bool(space) and any(
        f" {last}".endswith(f" {hierarchy.name(above).lower()}")
        for above in hierarchy.ancestors(wnid)
    )


def _renames_one(hierarchy: Hierarchy, wnid: str) -> bool:
    """Whether a label of this name would call one class by a word that is not in its name."""
    below = hierarchy.classes_below(wnid)
    name = hierarchy.name(wnid).lower()
    return len(below) == 1 and wnid != below[0] and name not in hierarchy.name(below[0]).lower()
