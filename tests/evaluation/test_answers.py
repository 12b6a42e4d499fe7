"""Scores from stored logits, against plain definitions."""

import numpy as np
import pytest

from cil.errors import UserError
from cil.evaluation.answers import Answers, answer, forgiven, refines

MAPPING = np.array([0, 1, 0, 2, 1, 3, 2])


@pytest.fixture
def logits():
    return np.random.default_rng(0).normal(0, 2, (3000, 7)).astype(np.float32)


@pytest.fixture
def truth():
    return np.random.default_rng(1).integers(0, 4, 3000)


def probabilities(logits):
    powers = np.exp(logits.astype(np.float64))
    return powers / powers.sum(1, keepdims=True)


def test_sum_adds_the_probabilities_of_each_label(logits, truth):
    merged = probabilities(logits) @ np.eye(4)[MAPPING]
    answers = answer(logits, truth, MAPPING, "sum")

    assert np.array_equal(answers.predicted, merged.argmax(1))
    np.testing.assert_allclose(answers.confidence, merged.max(1), rtol=1e-5)
    of_truth = merged[np.arange(3000), truth][:, None]
    assert np.array_equal(answers.rank, (merged > of_truth).sum(1))


def test_argmax_is_the_label_of_the_best_class(logits, truth):
    answers = answer(logits, truth, MAPPING, "argmax")

    assert np.array_equal(answers.predicted, MAPPING[logits.argmax(1)])


def test_direct(logits):
    truth = np.random.default_rng(1).integers(0, 7, 3000)
    answers = answer(logits, truth)

    assert np.array_equal(answers.predicted, logits.argmax(1))
    assert answers.top1 == (logits.argmax(1) == truth).mean()
    five = np.argsort(-logits, 1)[:, :5]
    assert answers.top5 == (five == truth[:, None]).any(1).mean()


def test_the_top_five_of_four_labels_are_all_of_them(logits, truth):
    assert answer(logits, truth, MAPPING, "sum").top5 == 1


def test_equal_logits_rank_by_number_so_that_one_answer_is_right():
    ranks = [answer(np.zeros((1, 4)), np.array([true])).rank[0] for true in range(4)]

    assert ranks == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("mapping", "method"),
    [(None, "direct"), (np.array([0, 1, 2, 3, 3]), "sum"), (np.array([0, 1, 2, 3, 3]), "argmax")],
)
def test_labels_far_behind_the_best_keep_their_order(mapping, method):
    logits = np.array([[-300, 0, -200, -120, -250]], np.float32)
    ranks = [answer(logits, np.array([true]), mapping, method).rank[0] for true in range(4)]

    assert ranks == [4 if mapping is None else 3, 0, 2, 1]


def test_calibration_error_by_hand():
    # Two bins: confidence 0.9 with 3 of 4 right, 0.5 with 1 of 2 right.
    confidence = np.array([0.9, 0.9, 0.9, 0.9, 0.5, 0.5], np.float32)
    rank = np.array([0, 0, 0, 1, 0, 1])

    assert Answers(rank, confidence, rank).ece == pytest.approx(4 / 6 * 0.15, abs=1e-6)


def test_refinement():
    assert refines(np.array([0, 1, 2, 3]), np.array([0, 0, 1, 1])).tolist() == [0, 0, 1, 1]
    assert refines(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])) is None


def test_forgiven_is_the_share_of_errors_that_merging_makes_right():
    original = np.array([True, False, False, False])

    assert forgiven(original, np.array([True, True, False, False])) == pytest.approx(1 / 3)
    assert np.isnan(forgiven(np.array([True]), np.array([True])))


def test_logits_of_another_run_are_refused(logits, truth):
    with pytest.raises(UserError, match="answer 3000 pictures, the image store has 10"):
        answer(logits, truth[:10], MAPPING, "sum")
    with pytest.raises(UserError, match="have 7 columns, the run's label set has 6 labels"):
        answer(logits, truth, MAPPING[:6], "sum")
    with pytest.raises(UserError, match="they have 7 labels, but the true labels run from 0 to 9"):
        answer(logits, np.arange(3000) % 10)
    with pytest.raises(UserError, match="some are not numbers"):
        answer(logits * np.nan, truth, MAPPING, "sum")
