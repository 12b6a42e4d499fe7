"""The best consistent cut through a hierarchy, exactly.

A *cut* is a set of synsets such that every lowest class (one without a class below it) has
exactly one of them at or above it. All classes below a chosen synset share its label, and no
label lies below another. Where classes lie below other classes (ImageNet-21k), a class above
the cut keeps itself as its label, as nothing more can be said of its pictures.

With several parents this is no longer a recursion over a tree but a set partition. It is solved
as an integer programme by HiGHS (https://highs.dev), which proves its answer the best.
"""

from collections.abc import Mapping

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import csr_array

from cil.errors import UserError
from cil.hierarchy import Hierarchy


def best_cut(
    hierarchy: Hierarchy,
    values: Mapping[str, float],
    labels: int | None = None,
    reward: float = 0.0,
) -> dict[str, str]:
    """The synset that each class is labelled with by the cut of the largest total value.

    Args:
        hierarchy: the classes and what lies above them.
        values: what it is worth, per class, to label it with a synset.
        labels: how many labels to end with; where no cut has that many, the nearest number
            that one has, of two the larger. Not given: as many as are worth it.
        reward: worth of each label; a larger reward never gives fewer labels.

    A synset's value counts once for each class that it labels; here 3 + 0 is more than 1 + 1:

    >>> from cil.hierarchy import Synset
    >>> synsets = {wnid: Synset(wnid, wnid, wnid, (), "") for wnid in ("animal", "cat", "dog")}
    >>> links = [("cat", "animal", "hypernym"), ("dog", "animal", "hypernym")]
    >>> hierarchy = Hierarchy(["cat", "dog"], synsets, links)
    >>> best_cut(hierarchy, {"animal": 1, "cat": 3, "dog": 0})
    {'cat': 'cat', 'dog': 'dog'}
    >>> best_cut(hierarchy, {"animal": 1, "cat": 3, "dog": 0}, labels=1)
    {'cat': 'animal', 'dog': 'animal'}
    """
    programme = _Programme(hierarchy, values, reward)
    if labels is None:
        return programme.solved()
    limits = (labels, labels)
    for _ in range(2):
        try:
            return programme.solved(limits)
        except _Infeasible:
            nearest = programme.nearest(labels)
            limits = (nearest, nearest)
    raise UserError(f"tree-cut: found no cut into {limits[0]} labels; choose another number")


class _Infeasible(Exception):
    pass


class _Programme:
    """Binary variables: a synset is chosen; then, an inner class stays its own label.

    Further variables, continuous and one per synset, say that a synset is covered: by itself or
    by one above. Through them most rows have three entries rather than one per ancestor.
    """

    def __init__(self, hierarchy: Hierarchy, values: Mapping[str, float], reward: float) -> None:
        self.hierarchy = hierarchy
        self.synsets = sorted(hierarchy.synsets)
        self.number = {wnid: index for index, wnid in enumerate(self.synsets)}
        self.inner = sorted(w for w in hierarchy.classes if hierarchy.children(w))
        n, m = len(self.synsets), len(self.inner)
        self.binary = n + m
        worth = [values[w] * hierarchy.n_classes(w) + reward for w in self.synsets]
        worth += [values[w] + reward for w in self.inner]
        self.cost = -np.concatenate([worth, np.zeros(n)])
        self.counts = np.concatenate([np.ones(n + m), np.zeros(n)])
        self.partition = self._partition()
        lowest = [self.number[w] for w in hierarchy.classes if not hierarchy.children(w)]
        lower = np.zeros(self.binary + n)
        lower[[self.binary + index for index in lowest]] = 1  # a lowest class is covered
        self.bounds = Bounds(lower, 1)

    def _partition(self) -> LinearConstraint:
        rows: list[dict[int, float]] = []
        for wnid in self.synsets:
            own, parents = self.number[wnid], self.hierarchy.parents(wnid)
            row = {self.binary + own: 1.0, own: -1.0}
            if len(parents) == 1:
                row[self.binary + self.number[parents[0]]] = -1.0
            else:
                row |= {self.number[above]: -1.0 for above in self.hierarchy.ancestors(wnid)}
            rows.append(row)
        covered = len(rows)
        for position, wnid in enumerate(self.inner):
            rows.append(
                {
                    self.binary + self.number[wnid]: 1.0,
                    len(self.synsets) + position: 1.0,
                }
            )
        matrix = csr_array(
            (
                [value for row in rows for value in row.values()],
                (
                    [index for index, row in enumerate(rows) for _ in row],
                    [column for row in rows for column in row],
                ),
            ),
            shape=(len(rows), len(self.cost)),
        )
        equal = np.concatenate([np.zeros(covered), np.ones(len(self.inner))])
        return LinearConstraint(matrix, equal, equal)

    def solved(self, limits: tuple[int, int] | None = None) -> dict[str, str]:
        """The best cut, with a number of labels within `limits`."""
        constraints = [self.partition]
        if limits:
            constraints.append(LinearConstraint(csr_array(self.counts[None, :]), *limits))
        answer = self._solve(self.cost, constraints, self.bounds)
        chosen = {
            self.synsets[index]
            for index in np.flatnonzero(answer.x[: self.binary] > 0.5)
            if index < len(self.synsets)
        }
        return {
            wnid: next(iter((self.hierarchy.ancestors(wnid) | {wnid}) & chosen), wnid)
            for wnid in self.hierarchy.classes
        }

    def nearest(self, labels: int) -> int:
        """The number of labels nearest to `labels` that a cut can have; of two the larger."""
        # Two further variables: how far above and how far below the wish. Below costs more, by
        # less than one label in all, but by more than the gap of 1e-6 that HiGHS leaves open.
        below = 1 + 0.5 / len(self.synsets)
        cost = np.concatenate([np.zeros(len(self.cost)), [1.0, below]])
        matrix = csr_array(self.partition.A)
        matrix.resize(matrix.shape[0], len(cost))
        row = csr_array(np.concatenate([self.counts, [-1.0, 1.0]])[None, :])
        answer = self._solve(
            cost,
            [
                LinearConstraint(matrix, self.partition.lb, self.partition.ub),
                LinearConstraint(row, labels, labels),
            ],
            Bounds(
                np.concatenate([self.bounds.lb, [0, 0]]),
                np.concatenate([np.ones(len(self.cost)), [np.inf, np.inf]]),
            ),
        )
        return round(self.counts @ answer.x[:-2])

    def _solve(
        self, cost: np.ndarray, constraints: list[LinearConstraint], bounds: Bounds
    ) -> OptimizeResult:
        integral = np.zeros(len(cost))
        integral[: self.binary] = 1
        answer = milp(
            cost,
            constraints=constraints,
            bounds=bounds,
            integrality=integral,
            options={"mip_rel_gap": 0},
        )
        if answer.status == 2:
            raise _Infeasible
        if answer.x is None:
            raise UserError(f"tree-cut: the solver gave up: {answer.message}")
        return answer
