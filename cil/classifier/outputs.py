"""What the outputs of a model are: logits, probabilities, or something else."""

import numpy as np

from cil.classifier.pretrained import CLASSES
from cil.errors import UserError

_CLOSE = 1e-3  # how near to 1 probabilities must sum


def check_outputs(outputs: np.ndarray, background: bool) -> None:
    """Raise UserError unless `outputs` (pictures, outputs) are finite and one for each class."""
    found = outputs.shape[1]
    if found == CLASSES + 1 and not background:
        raise UserError(
            f"the model has {found} outputs: TensorFlow's order, whose first is 'background'. If "
            "this is so, say --background; summed as they are, all labels would be one off"
        )
    if found != CLASSES + background:
        raise UserError(
            f"the model has {found} outputs; expected {CLASSES + background}, one for each class "
            f"of ImageNet in the usual order{' after the background' if background else ''}"
        )
    if not np.isfinite(outputs).all():
        raise UserError("the model's outputs are not all finite; its weights may be damaged")


def kind_of(outputs: np.ndarray) -> str:
    """What outputs (pictures, classes) are by their values: "logits" or "probabilities".

    Raises UserError where they may be neither: summing them as one of these gives labels that look
    right and are wrong.
    """
    low, high, sums = outputs.min(), outputs.max(), outputs.sum(1)
    if low < 0:
        return "logits"
    if np.allclose(sums, 1, atol=_CLOSE):
        ratio = (outputs.max(1) / np.maximum(outputs.min(1), 1e-12)).max()
        if ratio < np.e * (1 + _CLOSE):
            raise UserError(
                "the model's outputs sum to 1, but the largest is at most "
                f"{ratio:.3g} times the smallest on every picture, as where softmax is taken "
                "twice; export the model with one softmax or none, or say --outputs probabilities"
            )
        return "probabilities"
    advice = "say by --outputs what they are: logits, probabilities, percent or sigmoid"
    if np.allclose(sums, 100, atol=100 * _CLOSE):
        raise UserError(f"the model's outputs sum to 100, like probabilities in percent; {advice}")
    if high <= 1:
        raise UserError(
            f"the model's outputs lie between {low:.3g} and {high:.3g} and sum to "
            f"{sums.mean():.4g}, like sigmoids, one by one, or a softmax over the wrong axis; "
            f"{advice}, or export the model anew"
        )
    raise UserError(
        f"none of the model's outputs is below 0 (they lie between {low:.3g} and {high:.3g}), "
        f"which logits hardly are; {advice}"
    )
