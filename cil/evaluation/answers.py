"""What a model answers in a label set, from its stored logits."""

from dataclasses import dataclass

import numpy as np

from cil.errors import UserError

METHODS = ("direct", "sum", "argmax")
_BINS = 15  # of the calibration error, as in Guo et al. 2017
_ROWS = 1024  # pictures at a time: they stay in the processor's cache


@dataclass(frozen=True)
class Answers:
    """A model's answer to every picture.

    predicted: the best label's number, int64 (pictures,); confidence: its probability,
    float32; rank: how many labels stand before the true one, int64 (0: the answer is right).
    """

    predicted: np.ndarray
    confidence: np.ndarray
    rank: np.ndarray

    @property
    def correct(self) -> np.ndarray:
        """Whether each answer is right: bool (pictures,)."""
        return self.rank == 0

    @property
    def top1(self) -> float:
        """The share of right answers."""
        return float(self.correct.mean())

    @property
    def top5(self) -> float:
        """The share of pictures whose true label is among the best five, or among all labels
        where there are fewer."""
        return float((self.rank < 5).mean())

    @property
    def ece(self) -> float:
        """The expected calibration error: |accuracy - confidence| over 15 bins of equal width,
        weighted by their pictures (Guo et al. 2017, "On Calibration of Modern Neural
        Networks")."""
        bins = np.minimum((self.confidence * _BINS).astype(int), _BINS - 1)
        gaps = np.bincount(bins, self.correct - self.confidence.astype(np.float64), _BINS)
        return float(np.abs(gaps).sum() / len(bins))


def answer(
    logits: np.ndarray, truth: np.ndarray, mapping: np.ndarray | None = None, method: str = "direct"
) -> Answers:
    """The answers of a model whose own labels `mapping` sends to the labels asked for.

    Args:
        logits: float (pictures, own labels).
        truth: the true label of each picture, int (pictures,), as asked for.
        mapping: int (own labels,); None where the model's labels are those asked for.
        method: `direct`, no mapping; `sum`: a label's probability is the sum of its own
            labels'; `argmax`: that of the best of them, so that the best own label decides.

    Of labels with equal probability the one with the lower number stands first. Raises
    UserError if the sizes do not agree or a logit is no number.
    """
    if method not in METHODS or (method == "direct") != (mapping is None):
        raise ValueError(f"method {method} with{'out' * (mapping is None)} a mapping")
    width = logits.shape[1] if mapping is None else int(mapping.max()) + 1
    _check(logits, truth, mapping, width)
    order, starts = (None, None) if mapping is None else _groups(mapping)
    merge = np.add if method == "sum" else np.maximum
    parts = []
    for start in range(0, len(logits), _ROWS):
        probabilities = _softmax(logits[start : start + _ROWS])
        if mapping is not None:
            probabilities = merge.reduceat(probabilities[:, order], starts, axis=1)
        parts.append(_answer(probabilities, truth[start : start + _ROWS]))
    return Answers(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def refines(fine: np.ndarray, coarse: np.ndarray) -> np.ndarray | None:
    """The label of `coarse` that holds each label of `fine`; None if one is torn apart.

    Both give the label number of every class. The result is int (labels of `fine`,).
    """
    pairs = np.unique(np.stack([fine, coarse]), axis=1)
    return pairs[1] if len(pairs[0]) == fine.max() + 1 else None


def forgiven(original: np.ndarray, merged: np.ndarray) -> float:
    """The share of errors on single classes that a label set forgives.

    Args:
        original: whether the best class is right: bool (pictures,).
        merged: whether its label (method `argmax`) is: bool (pictures,).

    NaN where there is no error to forgive.
    """
    errors = ~original
    return float(merged[errors].mean()) if errors.any() else float("nan")


def _check(logits: np.ndarray, truth: np.ndarray, mapping: np.ndarray | None, labels: int) -> None:
    if len(logits) != len(truth):
        raise UserError(
            f"logits: they answer {len(logits)} pictures, the image store has {len(truth)}; "
            "train the run on this image store"
        )
    if mapping is not None and len(mapping) != logits.shape[1]:
        raise UserError(
            f"logits: they have {logits.shape[1]} columns, the run's label set has "
            f"{len(mapping)} labels; train the run on this label set"
        )
    if truth.min() < 0 or truth.max() >= labels:
        raise UserError(
            f"logits: they have {labels} labels, but the true labels run from {truth.min()} to "
            f"{truth.max()}; train the run on this label set"
        )


def _groups(mapping: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The own labels sorted by the label asked for, and where each of these begins."""
    order = np.argsort(mapping, kind="stable")
    return order, np.searchsorted(mapping[order], np.arange(mapping.max() + 1))


def _softmax(logits: np.ndarray) -> np.ndarray:
    best = logits.max(1, keepdims=True)
    if not np.isfinite(best).all():
        raise UserError("logits: some are not numbers; train the run again")
    powers = np.exp(logits.astype(np.float32) - best)
    powers /= powers.sum(1, keepdims=True)
    return powers


def _answer(
    probabilities: np.ndarray, truth: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = np.arange(len(truth))
    predicted = probabilities.argmax(1)
    of_truth = probabilities[rows, truth][:, None]
    rank = np.count_nonzero(probabilities > of_truth, axis=1)
    ties = np.flatnonzero(np.count_nonzero(probabilities == of_truth, axis=1) > 1)
    for row in ties:
        rank[row] += np.count_nonzero(probabilities[row, : truth[row]] == of_truth[row])
    return predicted, probabilities[rows, predicted], rank
