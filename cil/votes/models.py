"""crowd-kit's models, with the steps that take all the time worked out in arrays.

The parameters are crowd-kit's and the numbers are the same, which the tests check.
"""

from typing import Any

import crowdkit.aggregation as crowdkit
import numpy as np
import pandas

_EPS = np.float_power(10, -10)  # as in crowd-kit: keeps a probability from being 0 or 1


class OneCoinDawidSkene(crowdkit.OneCoinDawidSkene):
    """Dawid-Skene where a voter has one skill: to be right, else wrong in any way as likely."""

    def fit(self, data: pandas.DataFrame) -> "OneCoinDawidSkene":
        """Fit as crowd-kit does; sets `probas_` (tasks x labels) alone."""
        tasks, task_names = pandas.factorize(data["task"])
        workers, _ = pandas.factorize(data["worker"])
        labels, label_names = pandas.factorize(data["label"], sort=True)
        shape = (len(task_names), len(label_names))
        given = _table(tasks, labels, np.ones(len(data)), shape)
        votes = given.sum(axis=1)
        probas = given / votes[:, None]
        priors, likelihood = self._m_step_of(probas, tasks, workers, labels)
        loss = -np.inf
        for _ in range(self.n_iter):
            scores = np.log(priors) + likelihood
            probas = np.exp(scores - scores.max(axis=1, keepdims=True))
            probas /= probas.sum(axis=1, keepdims=True)
            priors, likelihood = self._m_step_of(probas, tasks, workers, labels)
            joint = (probas * (likelihood + votes[:, None] * np.log(priors))).sum()
            sure = probas.clip(_EPS)
            new_loss = (joint - (sure * np.log(sure)).sum()) / len(data)
            if new_loss - loss < self.tol:
                break
            loss = new_loss
        self.probas_ = pandas.DataFrame(probas, index=task_names, columns=label_names)
        return self

    @staticmethod
    def _m_step_of(
        probas: np.ndarray, tasks: np.ndarray, workers: np.ndarray, labels: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Priors of the labels, and the log likelihood of each task's votes (tasks x labels)."""
        skills = np.bincount(workers, probas[tasks, labels]) / np.bincount(workers)
        right = np.log(skills.clip(_EPS, 1 - _EPS))
        wrong = np.log(((1 - skills) / (probas.shape[1] - 1)).clip(_EPS, 1 - _EPS))
        likelihood = _table(tasks, labels, (right - wrong)[workers], probas.shape)
        likelihood += np.bincount(tasks, wrong[workers])[:, None]
        return probas.mean(axis=0).clip(_EPS), likelihood


def _table(
    rows: np.ndarray, columns: np.ndarray, values: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    """The sums of `values` by row and column."""
    cells = np.bincount(rows * shape[1] + columns, values, shape[0] * shape[1])
    return cells.reshape(shape)


class MACE(crowdkit.MACE):
    """Multi-annotator competence estimation: a voter answers knowingly, or else blindly."""

    def _e_step(
        self,
        annotation: pandas.DataFrame,
        task_names: Any,
        worker_names: Any,
        label_names: Any,
        tasks: np.ndarray,
        workers: np.ndarray,
        labels: np.ndarray,
    ) -> tuple[float, pandas.DataFrame, pandas.DataFrame, pandas.DataFrame]:
        """As in crowd-kit: log likelihood, marginals (tasks x labels), and the expected counts.

        The counts are of answers given blindly (workers x labels), and of answers given blindly
        or knowingly (workers x 2).
        """
        n_tasks, n_workers, n_labels = len(task_names), len(worker_names), len(label_names)
        blindly = self.spamming_[workers, 0] * self.thetas_[workers, labels]
        knowingly = self.spamming_[workers, 1]
        # What each answer says for each label that the task may have.
        likelihood = np.repeat(blindly[:, None], n_labels, axis=1)
        likelihood[np.arange(len(labels)), labels] += knowingly
        marginals = np.ones((n_tasks, n_labels))
        np.multiply.at(marginals, tasks, likelihood)
        marginals /= n_labels
        totals = marginals.sum(axis=1)
        blind = (marginals[tasks] / likelihood).sum(axis=1) * blindly / totals[tasks]
        knowing = marginals[tasks, labels] * knowingly / (blindly + knowingly) / totals[tasks]
        strategies = _table(workers, labels, blind, (n_workers, n_labels))
        counts = np.stack([np.bincount(workers, part, n_workers) for part in (blind, knowing)], 1)
        return (
            float(np.log(totals + 1e-8).sum()),
            pandas.DataFrame(marginals, index=task_names, columns=label_names),
            pandas.DataFrame(strategies, index=worker_names, columns=label_names),
            pandas.DataFrame(counts, index=worker_names),
        )
