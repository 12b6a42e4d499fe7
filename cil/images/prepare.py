"""All kinds of data sets by name, and from one of them to its image store."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import PIL

from cil.configuration.registry import Registry
from cil.errors import UserError
from cil.files import read_parquet
from cil.images.kind import Kind, Raw
from cil.images.pixels import RESAMPLING
from cil.images.store import write_store
from cil.images.unfinished import Unfinished

KINDS: Mapping[str, Kind] = Registry("cil.images.kinds", "KIND")


def prepare_images(
    folder: str | Path,
    dataset: Mapping[str, Any],
    classes: str | Path,
    files: Mapping[str, str],
    threads: int | None = None,
) -> None:
    """Write the image store of a data set into `folder`.

    Args:
        dataset: the configuration's `kind`, `path`, `resolution`, and the section of that kind.
        classes: the hierarchy's classes.parquet, whose order is that of the class index.
        files: the paths of what the kind reads beside the raw pictures, by its own names.
        threads: pictures decoded at a time; as many as there are cores if None.

    Raises UserError that names the file and the reason wherever raw pictures are not as they
    should be.
    """
    name, path, side = dataset["kind"], dataset["path"], dataset["resolution"]
    kind = KINDS[name]
    if not kind.generated and not path:
        raise UserError(f"dataset.path: empty; {name} needs the place of the raw pictures")
    wnids = wnids_of(classes)
    unfinished = Unfinished(folder, side, f"{RESAMPLING}; Pillow {PIL.__version__}")
    raw = Raw(path, wnids, side, unfinished.finder, dataset.get(name, {}), files, threads)
    with kind.open(raw) as (splits, about):
        write_store(folder, splits, wnids, side, {"kind": name, **about}, unfinished)


def wnids_of(classes: str | Path) -> list[str]:
    """The wnids of classes.parquet in the order of the class index."""
    return read_parquet(classes, ["index", "wnid"]).sort_values("index")["wnid"].tolist()


def used_parts(dataset: Mapping[str, Any], classes: Sequence[str]) -> list[str]:
    """What is read of the folder `dataset.path`, relative to it; empty where it is no folder."""
    path, parts = dataset["path"], KINDS[dataset["kind"]].parts
    return parts(path, classes) if path and Path(path).is_dir() and parts else []
