"""How well the name of a synset serves to label the classes below it.

A good label is a word that everybody knows in this meaning, that other names are built from and
explained by, and that leaves little open; it costs to hide words that people know, such as owl
and duck under bird, and to call a single thing by a word that is not its own.
"""

from dataclasses import dataclass

import numpy as np
import pandas

from cil.hierarchy import Hierarchy


@dataclass(frozen=True)
class Weights:
    """What each property of a name is worth; see `worth_of_names`.

    The defaults were chosen by random search on one half of ImageNet's classes, by agreement with
    the published labels there. Whole families, each the largest synset above at most 150 classes,
    were dealt to the halves by size. As ARI / ARI without the dogs / V-measure / same name:

    | labels | all classes               | half chosen on            | other half, without dogs |
    |--------|---------------------------|---------------------------|--------------------------|
    | 488    | 0.93 / 0.63 / 0.95 / 0.64 | 0.96 / 0.53 / 0.95 / 0.65 | 0.73 / 0.95 / 0.62       |
    | 504    | 0.94 / 0.64 / 0.96 / 0.64 | 0.96 / 0.53 / 0.95 / 0.65 | 0.77 / 0.96 / 0.63       |

    Chosen on all classes they would reach 0.94 / 0.64 / 0.96 / 0.65 at 488 labels: little is
    fitted to the half. A cost that grows with the number of classes, of ambiguous words and of
    words that explain other things than their kinds gained nothing beside these.
    """

    known: float = 3.8  # Zipf frequency from which a word is as good as known to everybody
    steepness: float = 4.5  # how sharply familiarity stops to grow there
    meaning: float = 1.4  # of log10 of the part of the word's uses that have this meaning
    generality: float = 9.2  # of the tenth part of the bits that say which kind of it
    convexity: float = 2.1  # power of those bits: the more general, the more a step costs
    headed: float = 5.1  # of the tenth part of the bits of how many kinds are named after it
    mentioned: float = 6.6  # the same of how many kinds are defined by it
    compound: float = 1.5  # of a name that says what it is a kind of: wading bird
    hidden: float = 2.0  # of each Zipf point by which a word that a label hides is known
    hidden_from: float = 3.0  # Zipf frequency from which a hidden word counts
    renamed: float = 2.0  # of one class alone, called by a word that is not in its own name


WEIGHTS = Weights()


def worth_of_names(
    hierarchy: Hierarchy, naming: pandas.DataFrame, weights: Weights = WEIGHTS
) -> dict[str, float]:
    """What each synset's name is worth, per class, as a label of all classes below it.

    Args:
        hierarchy: the classes and what lies above them.
        naming: the table of `cil.labels.naming`, indexed by wnid.
        weights: of the properties of a name.
    """
    wnids = sorted(hierarchy.synsets)
    table = naming.loc[wnids]
    zipf = table["zipf"].to_numpy() + weights.meaning * np.log10(table["share"].to_numpy())
    bits = {
        column: np.log2(1 + table[column].to_numpy()) / 10
        for column in ("hyponyms", "headed", "mentioned")
    }
    known = -np.logaddexp(0, weights.steepness * (weights.known - zipf)) / weights.steepness
    hidden = _hidden(hierarchy, wnids, np.maximum(0, zipf - weights.hidden_from))
    worth = (
        known
        - weights.generality * bits["hyponyms"] ** weights.convexity
        + weights.headed * bits["headed"]
        + weights.mentioned * bits["mentioned"]
        + weights.compound * np.array([_says_its_kind(hierarchy, wnid) for wnid in wnids])
        - weights.renamed * np.array([_renames_one(hierarchy, wnid) for wnid in wnids])
        - weights.hidden * hidden / np.array([hierarchy.n_classes(wnid) for wnid in wnids])
    )
    return dict(zip(wnids, worth.tolist(), strict=True))


def _hidden(hierarchy: Hierarchy, wnids: list[str], known: np.ndarray) -> np.ndarray:
    """How much of the words below each synset a label of its name hides.

    Names of several words are left out, as their counts say little, and so are names that
    contain the label's: who says bullfrog says frog.
    """
    names = [hierarchy.name(wnid).lower() for wnid in wnids]
    number = {wnid: index for index, wnid in enumerate(wnids)}
    hidden = np.zeros(len(wnids))
    for below, wnid in enumerate(wnids):
        if known[below] > 0 and " " not in names[below]:
            for above in map(number.__getitem__, hierarchy.ancestors(wnid)):
                if names[above] not in names[below]:
                    hidden[above] += known[below]
    return hidden


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
