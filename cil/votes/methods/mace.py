"""Method `mace`: a voter sometimes answers without looking (Hovy et al. 2013)."""

import numpy as np
import pandas

from cil.votes.ballots import Ballots, Decision, Method
from cil.votes.skills import ITERATIONS, by_steps

# Priors of the paper: how often a voter looks is hardly known before, but guesses are spread out.
# With less of the latter, who is often right looks like a guesser with a taste.
LOOKING, GUESSES = 0.5, 10.0


class Mace:
    """MACE by expectation maximisation from an even start: each voter looks half of the time.

    crowd-kit 1.4 starts at random, so that of two voters who always differ it believes the one
    that chance prefers; from an even start they stay even, and the tie rule decides.
    """

    def fit_predict_proba(self, votes: pandas.DataFrame) -> pandas.DataFrame:
        """The probability of each label for each task.

        Args:
            votes: columns `worker`, `task` and `label`, numbers from 0.
        """
        worker, task, label = (votes[name].to_numpy() for name in ("worker", "task", "label"))
        n_workers, n_labels = worker.max() + 1, label.max() + 1
        blind = np.full(n_workers, 0.5)  # how often a voter does not look
        guesses = np.full((n_workers, n_labels), 1 / n_labels)  # and what is answered then
        for _ in range(ITERATIONS):
            guess = blind[worker] * guesses[worker, label]
            right = 1 - blind[worker] + guess
            probability = self._of_labels(task, label, n_labels, guess, right)
            # A vote was a guess for certain if its label is wrong, and else perhaps.
            true = probability[task, label]
            guessed = (1 - true) + true * guess / right
            table = np.full((n_workers, n_labels), GUESSES)
            np.add.at(table, (worker, label), guessed)
            given = np.bincount(worker, minlength=n_workers)
            blind = (np.bincount(worker, guessed, n_workers) + LOOKING) / (given + 2 * LOOKING)
            guesses = table / table.sum(axis=1, keepdims=True)
        return pandas.DataFrame(probability)

    @staticmethod
    def _of_labels(
        task: np.ndarray, label: np.ndarray, n_labels: int, guess: np.ndarray, right: np.ndarray
    ) -> np.ndarray:
        # A vote speaks for its own label against all others by right : guess.
        log = np.zeros((task.max() + 1, n_labels))
        np.add.at(log, (task, label), np.log(right) - np.log(guess))
        weight = np.exp(log - log.max(axis=1, keepdims=True))
        return weight / weight.sum(axis=1, keepdims=True)


def _mace(ballots: Ballots) -> dict[str, Decision]:
    return by_steps(ballots, Mace)


METHOD = Method(
    _mace, summary="the most probable step, where a voter sometimes answers without looking"
)
