"""Strategy `published`: the authors' label file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from cil.hierarchy import Hierarchy
from cil.labels.label_file import read_label_file
from cil.labels.labelset import LabelSet
from cil.labels.named import named
from cil.labels.strategy import Input, Strategy


def _of_these_classes(path: str | Path, hierarchy: Hierarchy) -> dict[str, str]:
    """The published labels of this experiment's classes, which may be fewer than 1,000."""
    table = read_label_file(path, hierarchy.names_of_classes)
    names = zip(table["wnid"], table["label"], strict=True)
    return {wnid: name for wnid, name in names if wnid in hierarchy.index}


def published(
    hierarchy: Hierarchy,
    file: Annotated[
        Mapping[str, str],
        Input("resources/published/clustered_imagenet_labels.json", _of_these_classes),
    ],
) -> LabelSet:
    """The names of the published label file."""
    return named(hierarchy, file)


STRATEGY = Strategy(
    published,
    summary="the authors' 488 labels",
    card="The label file that the authors of Clustered ImageNet Labels published (2021).",
)
