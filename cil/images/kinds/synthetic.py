"""Kind `synthetic`: pictures generated to follow WordNet's hierarchy."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from cil.configuration.keys import Key
from cil.files import read_parquet
from cil.images.kind import Kind, Opened, Raw, about
from cil.images.synthetic import synthetic_splits


@dataclass(frozen=True)
class Keys:
    """How pictures are generated, where kind is synthetic."""

    images_per_class: Annotated[int, Key("Pictures per class to train with", 1, 10_000)] = 20
    val_images_per_class: Annotated[int, Key("Pictures per class to measure with", 1, 10_000)] = 5
    noise: Annotated[
        float,
        Key(
            "Strength of the clutter over that of what a class looks like; at 0 every network "
            "tells all classes apart, at 3 none does",
            minimum=0,
            maximum=10,
        ),
    ] = 0.8
    seed: Annotated[int, Key("Another seed makes other looks and other pictures", minimum=0)] = 0


@contextmanager
def _open(raw: Raw) -> Iterator[Opened]:
    table = read_parquet(raw.files["candidates"], ["wnid", "candidate", "steps"])
    ancestors: dict[str, dict[str, int]] = {wnid: {} for wnid in raw.wnids}
    for wnid, candidate, steps in zip(
        table["wnid"], table["candidate"], table["steps"].tolist(), strict=True
    ):
        ancestors[wnid][candidate] = steps
    keys = raw.keys
    images = {"train": keys["images_per_class"], "val": keys["val_images_per_class"]}
    splits = synthetic_splits(ancestors, raw.wnids, raw.side, images, keys["noise"], keys["seed"])
    description = (
        "Synthetic pictures, generated to follow WordNet's hierarchy: no photographs, and no "
        "evidence about photographs"
    )
    yield splits, about(description, "generated", resampling="none", **keys) | {"synthetic": True}


KIND = Kind(
    _open,
    summary="generated pictures",
    in_words="synthetic pictures",
    keys=Keys,
    generated=True,
    files={"candidates": "hierarchy/candidates.parquet"},
)
