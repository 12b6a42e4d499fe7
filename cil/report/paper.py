"""What the paper reports, as reference beside our own figures.

Clustered ImageNet Labels (KAIST, 2021): ResNet-18 on Downsampled ImageNet, 32×32 pixels. None
stands where the makers of this project had no number at hand; write it here and it shows.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reported:
    """Accuracy in percent."""

    top1: float | None = None
    top5: float | None = None


DATA_SET = "Downsampled ImageNet, 32×32 pixels"

# By (label set is the original one, finetuned).
ACCURACY = {
    (True, False): Reported(top1=36.3),
    (False, False): Reported(),
    (False, True): Reported(),
}
