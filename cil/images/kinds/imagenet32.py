"""Kind `imagenet32`: Downsampled ImageNet."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cil.images.imagenet32 import DownsampledImageNet, batch_files, read_class_order
from cil.images.kind import Kind, Opened, Raw, about


@contextmanager
def _open(raw: Raw) -> Iterator[Opened]:
    order, side = read_class_order(raw.files["class_order"]), raw.side
    batches = DownsampledImageNet(raw.path, order, side)
    others = batches.unofficial_files()
    resampling = "box filter, the whole picture made square, by its authors' account"
    if others:
        resampling = "unknown: not all files have the MD5 sums of the official ones"
    description = f"Downsampled ImageNet ({side}×{side})"
    yield (
        batches.splits(raw.wnids),
        about(description, raw.path, resampling=resampling, unofficial=others),
    )


def _parts(path: str, classes: Sequence[str]) -> list[str]:
    return [file.relative_to(path).as_posix() for file in batch_files(Path(path))]


KIND = Kind(
    _open,
    summary="Downsampled ImageNet's batch files at 8, 16, 32 or 64 pixels",
    in_words="Downsampled ImageNet",
    files={"class_order": "resources/published/map_clsloc.txt"},
    parts=_parts,
)
