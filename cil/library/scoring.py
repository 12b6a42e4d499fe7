"""How right a classifier is in label sets."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cil.errors import UserError
from cil.library.labels import Labels
from cil.library.loading import load_labelset


def score(
    outputs: Any, truth: Any, labelsets: Sequence[str | Labels], probabilities: bool = False
) -> list[dict[str, Any]]:
    """How right a classifier's answers are in label sets: a row for each, by sum and by best class.

    Args:
        outputs: logits (pictures, classes) in the order of the classes, or probabilities.
        truth: the class of each picture: its number in that order, or its wnid.
        labelsets: of the same classes, by name or as they are.

    Each row has `labelset`, `labels`, `top1` and `top5` of sums, `top1_best` of best classes,
    shares from 0 to 1, and `pictures`. Raises UserError if sizes differ, or a class is none.
    """
    from cil.evaluation.answers import answer

    logits = np.asarray(outputs, dtype=np.float64)
    if probabilities:
        with np.errstate(divide="ignore"):
            logits = np.log(logits)
    rows = []
    for asked in labelsets:
        labels = asked if isinstance(asked, Labels) else load_labelset(asked)
        numbers = _numbers(truth, labels.classes)
        expected = labels.label_index[numbers]
        summed, best = (
            answer(logits, expected, labels.label_index, method) for method in ("sum", "argmax")
        )
        rows.append(
            {
                "labelset": labels.name,
                "labels": len(labels.names),
                "top1": summed.top1,
                "top5": summed.top5,
                "top1_best": best.top1,
                "pictures": len(numbers),
            }
        )
    return rows


def _numbers(truth: Any, classes: Sequence[str]) -> list[int]:
    place: dict[Any, int] = {wnid: index for index, wnid in enumerate(classes)}
    place |= {index: index for index in range(len(classes))}
    for position, each in enumerate(truth):
        key = each if isinstance(each, str) else int(each)
        if key not in place:
            raise UserError(
                f"truth, picture {position}: found {each!r}; expected a wnid of the classes, or "
                f"a number from 0 to {len(classes) - 1}"
            )
    return [place[each if isinstance(each, str) else int(each)] for each in truth]
