"""How right a classifier is on pictures whose classes are known, before and after merging."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cil.classifier.classifier import Preprocessing
from cil.classifier.head import Head
from cil.classifier.pictures import LabelledPictures
from cil.errors import UserError

PRECISIONS = (0.9, 0.95, 0.99)
# (mean, std) of red, green and blue, that pretrained networks usually want.
USUAL = (
    ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    ((0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255)),
)
_TRIED = 200  # pictures on which other preprocessings are tried
_CLEARLY = 2.4  # standard errors by which another one must be better: 95 % for three others
Run = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Checked:
    """What a check found.

    Attributes:
        pictures: how many; classes: the share whose class is right; labels: whose label is.
        thresholds: see `thresholds`.
    """

    pictures: int
    classes: float
    labels: float
    thresholds: list[dict[str, float]]


def check(
    run: Run,
    head: Head,
    preprocessing: Preprocessing,
    pictures: LabelledPictures,
    wnids: Sequence[str],
) -> Checked:
    """Answer all pictures.

    Args:
        run: the model's outputs for inputs; head: what makes labels of them.
        wnids: the classes, in the order of the model's outputs.
    """
    truth = _numbers(pictures, wnids)
    classes = head.classes_of(_outputs(run, preprocessing, pictures))
    labels = head.labels_of(classes)
    right = labels.argmax(1) == np.asarray(head.labels)[truth]
    return Checked(
        len(pictures),
        float((classes.argmax(1) == truth).mean()),
        float(right.mean()),
        thresholds(labels.max(1), right),
    )


def thresholds(confidence: np.ndarray, right: np.ndarray) -> list[dict[str, float]]:
    """For each of PRECISIONS the lowest probability from which so large a share is right.

    Args:
        confidence: of the answer to each picture; right: whether it is right.

    `coverage` is the share of the pictures that are answered then. A precision that no threshold
    reaches is left out.
    """
    order = np.argsort(-confidence, kind="stable")
    sure = confidence[order]
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    last = np.append(sure[1:] < sure[:-1], True)  # equals are answered together
    found = []
    for wanted in PRECISIONS:
        reached = np.flatnonzero(last & (precision >= wanted))
        if len(reached):
            end = int(reached[-1])
            found.append(
                {
                    "precision": wanted,
                    "threshold": float(math.floor(sure[end] * 1e4) / 1e4),
                    "coverage": (end + 1) / len(order),
                    "pictures": len(order),
                }
            )
    return found


def refuse_worse(
    run: Run,
    head: Head,
    preprocessing: Preprocessing,
    pictures: LabelledPictures,
    wnids: Sequence[str],
) -> None:
    """Raise UserError if another of the usual preprocessings makes clearly more classes right."""
    pictures = pictures.some(_TRIED)
    truth = _numbers(pictures, wnids)

    def right(mean: tuple[float, float, float], std: tuple[float, float, float]) -> np.ndarray:
        other = replace(preprocessing, mean=mean, std=std)
        return head.classes_of(_outputs(run, other, pictures)).argmax(1) == truth

    ours = right(preprocessing.mean, preprocessing.std)
    tried = [(right(*usual), usual) for usual in USUAL if usual != _own(preprocessing)]
    theirs, (mean, std) = max(tried, key=lambda each: each[0].sum())
    gained, lost = int((theirs & ~ours).sum()), int((ours & ~theirs).sum())
    if gained - lost > _CLEARLY * math.sqrt(max(gained + lost, 1)):
        shown = " ".join(
            f"--{name} {' '.join(f'{value:.4g}' for value in values)}"
            for name, values in (("mean", mean), ("std", std))
        )
        raise UserError(
            f"with {shown} the model is right on {theirs.sum()} of {len(pictures)} pictures, "
            f"with what was given or assumed on {ours.sum()}; give these options"
        )


def _own(preprocessing: Preprocessing) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return tuple(preprocessing.mean), tuple(preprocessing.std)


def _outputs(run: Run, preprocessing: Preprocessing, pictures: LabelledPictures) -> np.ndarray:
    return np.concatenate([run(batch) for batch in pictures.batches(preprocessing)])


def _numbers(pictures: LabelledPictures, wnids: Sequence[str]) -> np.ndarray:
    number = {wnid: index for index, wnid in enumerate(wnids)}
    return np.array([number[wnid] for wnid in pictures.wnids])
