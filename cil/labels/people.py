"""Labels that people would say, exactly: each class takes the best label that is open to it.

Unlike a cut, labels may nest: *bird* for most birds, and *owl* and *penguin* apart. A class takes
one of the chosen synsets at or above it, the one whose name is worth most for it, or `other`
where none is worth enough. With so many labels, the total worth is the largest that there is: an
uncapacitated facility location, solved as an integer programme by HiGHS (https://highs.dev).
"""

from dataclasses import dataclass

import numpy as np
import pandas
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from cil.errors import UserError
from cil.hierarchy import Hierarchy


@dataclass(frozen=True)
class PeopleWeights:
    """What each property of a name, or of a class under it, is worth; see `worth`.

    Found by a hill climb on the agreement with the published labels at 488 labels (ARI, ARI
    without the dogs, same name), and by reading; benchmarks/README.md says on which judges they
    are reported.
    """

    known: float = 5.1  # Zipf frequency from which a word is as good as known to everybody
    steepness: float = 1.7  # how sharply familiarity stops to grow there
    meaning: float = 0.7  # of log10 of the part of the word's uses that have this meaning
    phrase: float = 0.7  # of a name of several words
    generality: float = 5.5  # of the tenth part of the bits that say which kind of it
    convexity: float = 1.8  # power of those bits: the more general, the more a step costs
    mentioned: float = 6.8  # of the tenth part of the bits of how many kinds are defined by it
    close: float = 3.5  # of the cosine of what class and label mean
    typical: float = 3.2  # of the cosine of the label's name with its definition
    defines: float = 1.0  # of the cosine of the label's name with the class's definition
    company: float = 1.8  # of the mean cosine of the class with the others below the label
    spoken: float = 0.3  # of log10 of how often people called pictured things so
    crowd: float = 0.7  # power by which a class counts less, the more others are like it
    alone: float = 0.4  # taken off for one class alone by a word that is not in its own names
    least: float = 4.0  # worth below which a class is `other`, where that is allowed


PEOPLE_WEIGHTS = PeopleWeights()


@dataclass(frozen=True)
class Offers:
    """What every class may be called, and what that is worth: one entry per class and candidate.

    Args:
        wnids, candidates: the class and the synset.
        worth: of the name for the class.
        called: whether the class's own names hold the candidate's.
        weight: how much the class counts, for each of its entries.
    """

    wnids: np.ndarray
    candidates: np.ndarray
    worth: np.ndarray
    called: np.ndarray
    weight: np.ndarray


def offers(
    naming: pandas.DataFrame, closeness: pandas.DataFrame, weights: PeopleWeights = PEOPLE_WEIGHTS
) -> Offers:
    """What each candidate's name is worth for each class.

    Args:
        naming: the table of `cil.labels.naming`, indexed by wnid.
        closeness: the table of `cil.labels.closeness`.
        weights: of what makes a good name.
    """
    name = naming.loc[closeness["candidate"].to_numpy()]
    phrase = name["name"].str.contains(" ").to_numpy()
    zipf = np.where(phrase, name["rarest"], name["zipf"])
    zipf = zipf + weights.meaning * np.log10(name["share"].to_numpy())
    known = -np.logaddexp(0, weights.steepness * (weights.known - zipf)) / weights.steepness
    kinds, mentioned = (np.log2(1 + name[c].to_numpy()) / 10 for c in ("hyponyms", "mentioned"))
    worth = (
        known
        - weights.phrase * phrase
        - weights.generality * kinds**weights.convexity
        + weights.mentioned * mentioned
        + weights.spoken * name["spoken"].to_numpy()
    )
    for column in ("close", "typical", "defines", "company"):
        worth = worth + getattr(weights, column) * closeness[column].to_numpy()
    return Offers(
        closeness["wnid"].to_numpy(),
        closeness["candidate"].to_numpy(),
        worth.round(6),
        closeness["called"].to_numpy(),
        closeness["crowd"].to_numpy() ** -weights.crowd,
    )


def best_labels(
    hierarchy: Hierarchy,
    offered: Offers,
    labels: int,
    other: bool = False,
    weights: PeopleWeights = PEOPLE_WEIGHTS,
) -> dict[str, str | None]:
    """The synset that each class is labelled with, None for `other`; the largest total worth.

    Args:
        hierarchy: the classes and what lies above them.
        offered: what each class may be called.
        labels: how many labels to end with, `other` among them.
        other: whether classes may be left to `other`.
        weights: `alone` and `least` of these.

    Raises UserError if there is no such label set, as for more labels than classes.
    """
    return _Programme(hierarchy, offered, other, weights).solved(labels)


class _Programme:
    """Variables: a class takes a candidate, an offer each (binary); a synset is a label (binary),
    and stands for one class alone; a class is `other`, where that is allowed."""

    def __init__(
        self, hierarchy: Hierarchy, offered: Offers, other: bool, weights: PeopleWeights
    ) -> None:
        self.hierarchy, self.other = hierarchy, other
        self.synsets = sorted(hierarchy.synsets)
        self.wnids = sorted(hierarchy.classes)
        self.offers, self.labels = len(offered.wnids), len(self.synsets)
        self.own = np.searchsorted(self.wnids, offered.wnids)
        self.over = np.searchsorted(self.synsets, offered.candidates)
        self.is_class = offered.wnids == offered.candidates
        self.called = offered.called
        least = weights.least if other else 0.0
        left = np.full(len(self.wnids) if other else 0, 0.0)
        self.cost = np.concatenate(
            [
                -(offered.worth - least) * offered.weight,
                np.zeros(self.labels),
                np.full(self.labels, weights.alone),
                left,
            ]
        )

    def solved(self, labels: int) -> dict[str, str | None]:
        """The best label set of so many labels."""
        named = labels - 1 if self.other else labels
        # Offers too: half a class would be company for two labels.
        integral = np.zeros(len(self.cost))
        integral[: self.offers + self.labels] = 1
        answer = milp(
            self.cost,
            constraints=self._constraints(named),
            bounds=Bounds(0, 1),
            integrality=integral,
            options={"mip_rel_gap": 0},
        )
        if answer.x is None:
            raise UserError(
                f"people: there are no {labels} labels for {len(self.wnids):,} classes "
                f"({answer.message}); choose a number from 1 to that of the classes"
            )
        taken = np.flatnonzero(answer.x[: self.offers] > 0.5)
        chosen: dict[str, str | None] = dict.fromkeys(self.wnids)
        chosen |= {self.wnids[self.own[each]]: self.synsets[self.over[each]] for each in taken}
        return chosen

    def _constraints(self, named: int) -> list[LinearConstraint]:
        offer, synset = np.arange(self.offers), np.arange(self.labels)
        label, alone = self.offers + synset, self.offers + self.labels + synset
        takes = self._rows(self.own, offer, 1.0, len(self.wnids))
        if self.other:
            left = self.offers + 2 * self.labels + np.arange(len(self.wnids))
            takes = takes + self._rows(np.arange(len(self.wnids)), left, 1.0, len(self.wnids))
        open_only = self._rows(offer, offer, 1.0, self.offers) - self._rows(
            offer, self.offers + self.over, 1.0, self.offers
        )
        # A class that is a label itself takes it.
        inner = np.flatnonzero(self.is_class)
        rows = np.arange(len(inner))
        itself = self._rows(rows, self.offers + self.over[inner], 1.0, len(inner)) - self._rows(
            rows, inner, 1.0, len(inner)
        )
        # Two classes, or one that is called so; a label of none is none.
        company = (
            self._rows(synset, label, 2.0, self.labels)
            - self._rows(self.over, offer, 1.0 + self.called, self.labels)
            - self._rows(synset, alone, 1.0, self.labels)
        )
        number = self._rows(np.zeros(self.labels, int), label, 1.0, 1)
        return [
            LinearConstraint(takes, 1, 1),
            LinearConstraint(vstack([open_only, itself, company]), -np.inf, 0),
            LinearConstraint(number, named, named),
        ]

    def _rows(
        self, rows: np.ndarray, columns: np.ndarray, values: float | np.ndarray, height: int
    ) -> csr_array:
        values = np.broadcast_to(np.asarray(values, float), rows.shape)
        return csr_array((values, (rows, columns)), shape=(height, len(self.cost)))
