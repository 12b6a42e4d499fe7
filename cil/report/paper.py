"""What the paper reports, as reference beside our own figures.

Clustered ImageNet Labels (KAIST, 2021), Tables 1 and 2: ResNet-18 on Downsampled ImageNet,
32×32 pixels, 40 epochs from scratch or 10 of finetuning. None stands for what it does not report.
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
    (True, False): Reported(top1=36.3, top5=61.0),
    (False, False): Reported(top1=46.8, top5=70.4),
    (False, True): Reported(top1=48.8, top5=72.0),
}
