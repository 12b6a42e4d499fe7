"""Pictures made from nothing, whose looks follow the hierarchy.

Every synset has a pattern of its own; a class looks like the sum of the patterns of its
ancestors and its own, so that siblings resemble each other more than strangers do, and a label
above them is easier to tell than they are. Each picture is its class's look, moved, perhaps
mirrored, brighter or darker, among clutter of its own.

Integers alone are computed with, from hashes of names and counters: every machine and every
version of numpy makes the same bytes.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from tqdm import tqdm

from cil.images.store import SPLITS, Chunk

# How much of a pattern shows in a class `steps` links below its synset; the last one holds for all
# that are further up.
_WEIGHTS = (10, 10, 9, 8, 7, 6, 5, 4, 3, 2)
# Cells per side in a pattern, by steps: what is general shows in broad strokes, what is specific
# in detail.
_CELLS = (4, 4, 3, 3, 2)
_CONTRAST = 40  # standard deviation of a class's look, in grey levels
_SHIFT = 8  # a picture is moved by up to an eighth of its side
_CLUTTER_CELLS = 4
_COLOURS = 209  # standard deviation of the colours in cells
_GREY = 128
_CHUNK = 1000


def synthetic_splits(
    ancestors: Mapping[str, Mapping[str, int]],
    classes: Sequence[str],
    resolution: int,
    images: Mapping[str, int],
    noise: float,
    seed: int,
) -> dict[str, Iterator[Chunk]]:
    """Chunks of generated pictures of `classes` by split ("train", "val").

    Args:
        ancestors: for each class the synsets that it inherits looks from, itself among them, with
            the number of links between.
        images: pictures per class by split.
        noise: standard deviation of the clutter over that of a class's look.
    """
    looks = np.stack([class_look(ancestors[wnid], resolution, seed) for wnid in classes])
    # Blending between cells leaves two thirds of the colours' deviation.
    clutter = round(noise * _CONTRAST * 3 / 2)
    return {
        split: _make_split(looks, classes, images[split], clutter, f"{seed}/{split}")
        for split in SPLITS
    }


def class_look(ancestors: Mapping[str, int], side: int, seed: int) -> np.ndarray:
    """The mean picture of a class around grey, side×side×3 int64 with deviation _CONTRAST."""
    total = np.zeros((side, side, 3), np.int64)
    for wnid, steps in sorted(ancestors.items()):
        cells = _CELLS[min(steps, len(_CELLS) - 1)]
        total += _WEIGHTS[min(steps, len(_WEIGHTS) - 1)] * _pattern(wnid, cells, side, seed)
    deviation = math.isqrt(int((total * total).sum()) // total.size)
    return total * _CONTRAST // max(deviation, 1)


def _pattern(wnid: str, cells: int, side: int, seed: int) -> np.ndarray:
    """Random colours in cells×cells places, blended between them: side×side×3 int64."""
    keys = np.array([_key(f"{seed}/{wnid}")], np.uint64)
    return _blended(_random_colours(keys, cells), side)[0]


def _random_colours(keys: np.ndarray, cells: int) -> np.ndarray:
    """n×cells×cells×3 integers, near normal with deviation _COLOURS: sums of eight bytes."""
    counters = np.arange(cells * cells * 3, dtype=np.uint64)
    bits = _mix(keys[:, None] + counters)
    eight = ((bits >> np.uint64(8 * byte)) & np.uint64(255) for byte in range(8))
    total = sum(eight, np.zeros_like(bits))
    return (total.astype(np.int64) - 1020).reshape(len(keys), cells, cells, 3)


def _blended(colours: np.ndarray, side: int) -> np.ndarray:
    """n×cells×cells×3 stretched to n×side×side×3, linearly, wrapping around at the edges."""
    cells = colours.shape[1]
    # Where each pixel lies between two cells, in 256ths.
    place = np.arange(side) * cells * 256 // side
    left, share = place // 256, place % 256
    for axis in (1, 2):
        weight = share.reshape([-1 if i == axis else 1 for i in range(4)])
        before, after = (np.take(colours, (left + step) % cells, axis) for step in (0, 1))
        colours = (before * (256 - weight) + after * weight) // 256
    return colours


def _make_split(
    looks: np.ndarray, classes: Sequence[str], per_class: int, clutter: int, key: str
) -> Iterator[Chunk]:
    # Class by class in turn, so that any stretch of the store holds many classes.
    order = np.tile(np.arange(len(classes), dtype=np.int64), per_class)
    keys = np.array([_key(f"{key}/{wnid}") for wnid in classes], np.uint64)
    with tqdm(total=len(order), desc="pictures", unit=" pictures") as progress:
        for start in range(0, len(order), _CHUNK):
            chunk = order[start : start + _CHUNK]
            number = np.arange(start, start + len(chunk)) // len(classes)
            own = _mix(keys[chunk] + _mix(number.astype(np.uint64)))
            yield _make_pictures(looks, chunk, own, clutter), chunk
            progress.update(len(chunk))


def _make_pictures(
    looks: np.ndarray, classes: np.ndarray, keys: np.ndarray, clutter: int
) -> np.ndarray:
    """One picture n×S×S×3 uint8 for each class index, by its 64-bit key."""
    side = looks.shape[1]
    chance = [(_mix(keys + np.uint64(i)) >> np.uint64(40)).astype(np.int64) for i in range(5)]
    reach = side // _SHIFT
    down, right = (chance[i] % (2 * reach + 1) for i in (0, 1))
    line = np.arange(side)
    rows = (line + down[:, None]) % side
    columns = (line + right[:, None]) % side
    columns = np.where(chance[2][:, None] % 2 == 1, columns[:, ::-1], columns)
    pictures = looks[classes[:, None, None], rows[:, :, None], columns[:, None, :]]
    contrast = 192 + chance[3] % 129  # in 256ths
    brightness = chance[4] % 49 - 24
    pictures = pictures * contrast[:, None, None, None] // 256
    pictures += _GREY + brightness[:, None, None, None]
    # As coarse as the looks, so that no averaging over pixels takes it away.
    pictures += _blended(_random_colours(_mix(keys), _CLUTTER_CELLS), side) * clutter // _COLOURS
    return pictures.clip(0, 255).astype(np.uint8)


def _key(name: str) -> int:
    """A 64-bit number that stands for a name."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def _mix(values: np.ndarray) -> np.ndarray:
    """SplitMix64 (Steele, Lea and Flood, 2014): 64 random-looking bits for each counter."""
    values = values * np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
