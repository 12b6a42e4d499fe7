"""crowd-kit's models, with the one step of each that takes all the time worked out in arrays.

The models are crowd-kit's in all else, and the numbers are the same; the tests compare them.
"""

from typing import Any

import numpy as np
import pandas
from crowdkit.aggregation import MACE as PlainMACE
from crowdkit.aggregation import OneCoinDawidSkene as PlainOneCoinDawidSkene

_EPS = np.float_power(10, -10)  # as in crowd-kit: keeps a probability from being 0 or 1


class OneCoinDawidSkene(PlainOneCoinDawidSkene):
    """Dawid-Skene where a voter has one skill: to be right, else wrong in any way as likely."""

    @staticmethod
    def _process_skills_to_errors(
        data: pandas.DataFrame, probas: pandas.DataFrame, skills: pandas.Series
    ) -> pandas.DataFrame:
        """How likely each voter's answer is, (workers, answers) x true labels."""
        given = data[["worker", "label"]].drop_duplicates()
        skill = skills.loc[given["worker"]].to_numpy()[:, None]
        right = given["label"].to_numpy()[:, None] == probas.columns.to_numpy()
        values = np.where(right, skill, (1 - skill) / (len(probas.columns) - 1))
        index = pandas.MultiIndex.from_frame(given)
        return pandas.DataFrame(values.clip(_EPS, 1 - _EPS), index, probas.columns)


class MACE(PlainMACE):
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
        strategies = np.zeros((n_workers, n_labels))
        np.add.at(strategies, (workers, labels), blind)
        counts = np.stack([np.bincount(workers, part, n_workers) for part in (blind, knowing)], 1)
        return (
            float(np.log(totals + 1e-8).sum()),
            pandas.DataFrame(marginals, index=task_names, columns=label_names),
            pandas.DataFrame(strategies, index=worker_names, columns=label_names),
            pandas.DataFrame(counts, index=worker_names),
        )
