"""A label set for torchvision: `ImageFolder(folder, target_transform=TargetTransform("cil.json"))`.

Needs the standard library alone, so that a training elsewhere can take this file along.
"""

import json
from collections.abc import Iterable
from pathlib import Path


class TargetTransform:
    """From the index of a class to the index of its label.

    Args:
        path: a label file, {wnid: label}.
        classes: the data set's classes in its order; torchvision's own, the sorted wnids of the
            label file, if not given.

    `labels` holds the label names by index; they are numbered in the order of the label file.
    Raises KeyError for a class that the label file lacks.
    """

    def __init__(self, path: str | Path, classes: Iterable[str] | None = None) -> None:
        label_of: dict[str, str] = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        self.labels = list(dict.fromkeys(label_of.values()))
        number = {label: index for index, label in enumerate(self.labels)}
        order = sorted(label_of) if classes is None else classes
        self.label_index = [number[label_of[wnid]] for wnid in order]

    def __call__(self, target: int) -> int:
        """The label index of class `target`."""
        return self.label_index[target]
