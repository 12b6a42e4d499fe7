"""A label set for the targets of a data set: `relabel(ImageFolder("train"), "cil.json")`.

A class of the data set is met by its wnid, or by its name, never by its place in the order: the
same index is another class in every part of ImageNet. By wnid this needs the standard library
alone, so that a training elsewhere can take this file along.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_WNID = re.compile(r"n\d{8}")


class TargetTransform:
    """From the index of a class in a data set to the index of its label.

    Args:
        labels: a label file, {wnid: label}, or what it holds.
        classes: the data set, or its classes in its order: wnids, or names of which each is that
            of one class alone.

    `labels` holds the label names by index; they are numbered in the order of the label file.
    Raises ValueError for a class that the label file lacks, or that cannot be told.
    """

    def __init__(self, labels: str | Path | Mapping[str, str], classes: Any) -> None:
        label_of = _read(labels) if isinstance(labels, str | Path) else labels
        self.labels = list(dict.fromkeys(label_of.values()))
        number = {label: index for index, label in enumerate(self.labels)}
        wnids = _wnids(_classes_of(classes), label_of)
        self.label_index = [number[label_of[wnid]] for wnid in wnids]

    def __call__(self, target: int) -> int:
        """The label index of class `target`."""
        return self.label_index[target]


def relabel(dataset: Any, labels: str | Path | Mapping[str, str]) -> Any:
    """`dataset`, whose targets are label indices from now on.

    Args:
        dataset: one of torchvision's with `classes` (or `wnids`) and `target_transform`, such as
            ImageFolder, ImageNet and Imagenette.
        labels: a label file, {wnid: label}, or what it holds.

    Its `classes` are the labels then, and `class_to_idx` and `targets`, where it has them, go by
    them as well. Raises ValueError as TargetTransform does, and for one that changes its targets
    already.
    """
    if getattr(dataset, "target_transform", None) is not None:
        raise ValueError("the data set has a target_transform already; make it anew without one")
    transform = TargetTransform(labels, dataset)
    dataset.target_transform = transform
    dataset.classes = transform.labels
    if hasattr(dataset, "targets"):
        dataset.targets = [transform(target) for target in dataset.targets]
    dataset.class_to_idx = {label: index for index, label in enumerate(transform.labels)}
    return dataset


def _classes_of(classes: Any) -> list[str]:
    for name in ("wnids", "classes"):
        if hasattr(classes, name):
            return list(getattr(classes, name))
    return list(classes)


def _read(path: str | Path) -> dict[str, str]:
    return json.loads(Path(path).read_text(encoding="utf-8-sig"))


def _wnids(classes: Iterable[str], label_of: Mapping[str, str]) -> list[str]:
    classes = list(classes)
    wnids = classes
    if not all(isinstance(name, str) and _WNID.fullmatch(name) for name in classes):
        try:
            from cil.labels.class_names import wnids_named
        except ImportError:
            raise ValueError(
                f"the data set's classes are no wnids (the first is {classes[0]!r}); give their "
                "wnids, or install clustered-imagenet-labels, which knows their names"
            ) from None
        wnids = wnids_named(classes, label_of)
    lacking = [wnid for wnid in wnids if wnid not in label_of]
    if lacking:
        raise ValueError(
            f"there is no label for {len(lacking)} of the data set's {len(wnids)} classes, such "
            f"as {lacking[0]}"
        )
    return wnids
