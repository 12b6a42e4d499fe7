"""What a model answers in a label set, from its stored logits."""

from dataclasses import dataclass

import numpy as np

from cil.errors import UserError

METHODS = ("direct", "sum", "argmax")
_BINS = 15  # of the calibration error, as in Guo et al. 2017
_ROWS = 256  # pictures at a time: they stay in the processor's cache
_FAINT = np.finfo(np.float32).tiny  # below it probabilities lose digits, until all are 0


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

    Labels far behind the best, whose probability is too small for a float32, are ranked by their
    logits. Of equal labels the one with the lower number stands first. Raises UserError if the
    sizes do not agree or a logit is no number.
    """
    if method not in METHODS or (method == "direct") != (mapping is None):
        raise ValueError(f"method {method} with{'out' * (mapping is None)} a mapping")
    width = logits.shape[1] if mapping is None else int(mapping.max()) + 1
    _check(logits, truth, mapping, width)
    groups = None if mapping is None else _groups(mapping)
    parts = []
    for start in range(0, len(logits), _ROWS):
        rows = slice(start, start + _ROWS)
        parts.append(_answer(*_scores(logits[rows], groups, method), truth[rows]))
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


def _powers(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The softmax before it is divided by the sum of each row, and these sums (pictures, 1).

    The best label of each picture has the power 1.
    """
    best = logits.max(1, keepdims=True)
    if not np.isfinite(best).all():
        raise UserError("logits: some are not numbers; train the run again")
    powers = logits.astype(np.float32)
    powers -= best
    np.exp(powers, out=powers)  # in place: fetching memory takes longer than computing
    return powers, powers.sum(1, keepdims=True)


def _scores(
    logits: np.ndarray, groups: tuple[np.ndarray, np.ndarray] | None, method: str
) -> tuple[np.ndarray, np.ndarray]:
    """What the labels are ranked by (pictures, labels); the best's probability (pictures,)."""
    powers, totals = _powers(logits)
    if groups is None:
        return logits, 1 / totals[:, 0]
    order, starts = groups
    if method == "argmax":
        return np.maximum.reduceat(np.take(logits, order, 1), starts, 1), 1 / totals[:, 0]
    powers /= totals
    sums = np.add.reduceat(np.take(powers, order, 1), starts, 1)
    confidence = sums.max(1)
    faint = sums < _FAINT
    if faint.any():
        # How far behind the best logit: less than zero, so that no probability stands behind it.
        behind = logits - logits.max(1, keepdims=True)
        sums[faint] = np.maximum.reduceat(np.take(behind, order, 1), starts, 1)[faint]
    return sums, confidence


def _answer(
    scores: np.ndarray, confidence: np.ndarray, truth: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    of_truth = scores[np.arange(len(truth)), truth][:, None]
    rank = np.count_nonzero(scores > of_truth, axis=1)
    ties = np.flatnonzero(np.count_nonzero(scores == of_truth, axis=1) > 1)
    for row in ties:
        rank[row] += np.count_nonzero(scores[row, : truth[row]] == of_truth[row])
    return scores.argmax(1), confidence, rank
