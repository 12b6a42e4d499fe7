"""From a data set of any kind to its image store."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import PIL

from cil.errors import UserError
from cil.files import read_parquet
from cil.images.folder import PictureFolder, folder_splits
from cil.images.imagenet32 import DownsampledImageNet, batch_files, read_class_order
from cil.images.pixels import RESAMPLING
from cil.images.store import Chunk, write_store
from cil.images.synthetic import synthetic_splits
from cil.images.tiny_imagenet import TinyImageNetArchive
from cil.images.unfinished import Unfinished

Splits = Mapping[str, Iterator[Chunk]]


def prepare_images(
    folder: str | Path,
    dataset: Mapping[str, Any],
    classes: str | Path,
    candidates: str | Path | None = None,
    class_order: str | Path | None = None,
    threads: int | None = None,
) -> None:
    """Write the image store of a data set into `folder`.

    Args:
        dataset: the configuration's `kind`, `path`, `resolution`, and `synthetic` for that kind.
        classes: the hierarchy's classes.parquet, whose order is that of the class index.
        candidates: the hierarchy's candidates.parquet; synthetic pictures follow it.
        class_order: map_clsloc.txt, which gives the labels of Downsampled ImageNet.
        threads: pictures decoded at a time; as many as there are cores if None.

    Raises UserError that names the file and the reason wherever raw pictures are not as they
    should be.
    """
    kind, path, side = dataset["kind"], dataset["path"], dataset["resolution"]
    if kind != "synthetic" and not path:
        raise UserError(f"dataset.path: empty; {kind} needs the place of the raw pictures")
    wnids = wnids_of(classes)
    unfinished = Unfinished(folder, side, f"{RESAMPLING}; Pillow {PIL.__version__}")
    with ExitStack() as opened:
        if kind == "synthetic":
            splits, about = _synthetic(wnids, candidates, side, dataset["synthetic"])
        elif kind == "imagenet32":
            splits, about = _imagenet32(wnids, path, class_order, side)
        elif kind == "tiny-imagenet":
            archive = opened.enter_context(TinyImageNetArchive(path))
            splits = archive.splits(wnids, side, threads, unfinished.finder)
            about = _about("Tiny ImageNet (64×64)", path, resampling=RESAMPLING)
        else:
            splits = folder_splits(path, wnids, side, threads, unfinished.finder)
            about = _about(f"Pictures in {path}", path, resampling=RESAMPLING)
        write_store(folder, splits, wnids, side, {"kind": kind, **about}, unfinished)


def wnids_of(classes: str | Path) -> list[str]:
    """The wnids of classes.parquet in the order of the class index."""
    return read_parquet(classes, ["index", "wnid"]).sort_values("index")["wnid"].tolist()


def used_parts(dataset: Mapping[str, Any], classes: Sequence[str]) -> list[str]:
    """What is read of the folder `dataset.path`, relative to it; empty where it is no folder."""
    kind, path = dataset["kind"], Path(dataset["path"])
    if not dataset["path"] or not path.is_dir():
        return []
    if kind == "imagenet32":
        return [file.relative_to(path).as_posix() for file in batch_files(path)]
    if kind == "tiny-imagenet":
        with TinyImageNetArchive(path) as archive:
            return archive.parts
    return PictureFolder(path).parts(classes)


def _about(description: str, source: str, **more: Any) -> dict[str, Any]:
    return {"synthetic": False, "description": description, "source": str(source), **more}


def _synthetic(
    wnids: list[str], candidates: str | Path, side: int, config: Mapping[str, Any]
) -> tuple[Splits, dict[str, Any]]:
    table = read_parquet(candidates, ["wnid", "candidate", "steps"])
    ancestors: dict[str, dict[str, int]] = {wnid: {} for wnid in wnids}
    for wnid, candidate, steps in zip(
        table["wnid"], table["candidate"], table["steps"].tolist(), strict=True
    ):
        ancestors[wnid][candidate] = steps
    images = {"train": config["images_per_class"], "val": config["val_images_per_class"]}
    splits = synthetic_splits(ancestors, wnids, side, images, config["noise"], config["seed"])
    description = (
        "Synthetic pictures, generated to follow WordNet's hierarchy: no photographs, and no "
        "evidence about photographs"
    )
    about = _about(description, "generated", resampling="none", **config)
    return splits, about | {"synthetic": True}


def _imagenet32(
    wnids: list[str], path: str, class_order: str | Path, side: int
) -> tuple[Splits, dict[str, Any]]:
    batches = DownsampledImageNet(path, read_class_order(class_order), side)
    others = batches.unofficial_files()
    resampling = "box filter, the whole picture made square, by its authors' account"
    if others:
        resampling = "unknown: not all files have the MD5 sums of the official ones"
    about = _about(
        f"Downsampled ImageNet ({side}×{side})", path, resampling=resampling, unofficial=others
    )
    return batches.splits(wnids), about
