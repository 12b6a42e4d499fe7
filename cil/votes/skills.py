"""What methods share that weigh voters by their skill.

They work on steps above the class, which few voters repeat often enough to estimate skills from;
hundreds of labels would each be seen a few times. Among the candidates at the winning step, the
majority decides; all labels of voters' own together count as one step.
"""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas

from cil.votes.ballots import Ballots, Decision, Option, most
from cil.votes.methods.majority import majority

ITERATIONS = 10  # of expectation maximisation: more change no label of 1,000 classes


def by_steps(ballots: Ballots, model: Callable) -> dict[str, Decision]:
    """Let `model` decide the step of each class, and the majority among the votes at it."""
    if len(set(ballots.steps)) < 2 or len(set(ballots.voters)) < 2:
        return majority(ballots)  # nothing to tell voters apart by
    probability = _probabilities(ballots, model())
    decisions = {}
    for wnid, counts in ballots.counts.items():
        if not counts:
            continue
        steps: dict[int, Counter[Option]] = {}
        for option, count in counts.items():
            steps.setdefault(ballots.step(wnid, option), Counter())[option] = count
        top = max(probability[wnid, step] for step in steps)
        best = [step for step in steps if math.isclose(probability[wnid, step], top, rel_tol=1e-6)]
        chosen = most(sum((steps[step] for step in best), Counter()), ballots.rank(wnid))
        decisions[wnid] = Decision(chosen.option, chosen.support, chosen.tie or len(best) > 1)
    return decisions


def _probabilities(ballots: Ballots, model: Any) -> dict[tuple[str, int], float]:
    """What a crowd-kit model holds of each class and step, as probabilities."""
    # Numbers by what was answered, not by who answered: neither the voters' names nor the order of
    # rows may change a label.
    answers: dict[str, list[tuple[str, int]]] = {}
    for voter, wnid, step in zip(ballots.voters, ballots.wnids, ballots.steps, strict=True):
        answers.setdefault(voter, []).append((wnid, step))
    place = {v: n for n, v in enumerate(sorted(answers, key=lambda v: sorted(answers[v])))}
    rows = zip(map(place.__getitem__, ballots.voters), ballots.wnids, ballots.steps, strict=True)
    columns = dict(zip(("worker", "task", "label"), zip(*sorted(rows), strict=True), strict=True))
    coded = {column: pandas.factorize(np.array(values)) for column, values in columns.items()}
    data = pandas.DataFrame({column: codes for column, (codes, _) in coded.items()})
    table = model.fit_predict_proba(data)
    tasks, steps = coded["task"][1], coded["label"][1]
    names, columns = tasks[table.index].tolist(), steps[table.columns].tolist()
    return {
        (name, step): probability
        for name, row in zip(names, table.to_numpy().tolist(), strict=True)
        for step, probability in zip(columns, row, strict=True)
    }
