"""Kind `tiny-imagenet`: Tiny ImageNet, as its zip or unpacked."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from cil.images.kind import Kind, Opened, Raw, about
from cil.images.pixels import RESAMPLING
from cil.images.tiny_imagenet import TinyImageNetArchive


@contextmanager
def _open(raw: Raw) -> Iterator[Opened]:
    with TinyImageNetArchive(raw.path) as archive:
        splits = archive.splits(raw.wnids, raw.side, raw.threads, raw.known)
        yield splits, about("Tiny ImageNet (64×64)", raw.path, resampling=RESAMPLING)


def _classes(path: str) -> Iterable[str]:
    with TinyImageNetArchive(path) as archive:
        return archive.wnids


def _parts(path: str, classes: Sequence[str]) -> list[str]:
    with TinyImageNetArchive(path) as archive:
        return archive.parts


KIND = Kind(
    _open,
    summary="its zip, or unpacked",
    in_words="Tiny ImageNet",
    archive="resources/tiny-imagenet-200.zip",
    classes=_classes,
    parts=_parts,
)
