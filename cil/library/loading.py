"""Label sets by name, from files, and made of any classes."""

import json
import re
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from cil.labels.class_names import bundled
from cil.library.extra import the_extra_labels
from cil.library.labels import Labels

_WNID = re.compile(r"n\d{8}")


def load_labelset(name: str | Path) -> Labels:
    """A label set of ImageNet's 1,000 classes, or of those that a file has.

    >>> load_labelset("people")
    <label set people: 488 labels of 1,000 classes>

    Args:
        name: people (488 labels, made without votes), tree-cut or original, which come with the
            package; published (the paper's, fetched by its checksum); people:N and the names of
            the label sets in results/default, where that experiment was run; or a label file.

    Raises UserError if there is no such label set.
    """
    there = {path.name for path in files("cil.bundled").iterdir()}
    if f"{name}.json" in there - {"classes.json"}:
        return Labels(bundled(str(name)), str(name))
    if plain := _plain(Path(name)):
        return Labels(dict(sorted(plain.items())), Path(name).stem)
    # People, tree-cut, original and files of {wnid: label} as JSON have been found by now.
    with the_extra_labels(f"label set {name}"):
        from cil.labels.asked import asked_labels
    table = asked_labels(str(name)).sort_values("wnid")
    return Labels(dict(zip(table["wnid"], table["display"], strict=True)), str(name))


def cut(
    wnids: Iterable[str], labels: int, with_other: bool = False, strategy: str = "people"
) -> Labels:
    """The label set of any noun synsets of WordNet 3.0 with so many labels.

    >>> birds_and_boats = ["n01514668", "n01537544", "n02951358", "n04612504"]
    >>> cut(birds_and_boats, labels=2, strategy="tree-cut").names
    ('bird', 'boat')

    Args:
        wnids: the classes, in the order of the outputs of a classifier.
        labels: how many labels, or as many as there are classes.
        with_other: whether what no label fits goes to a label `other`, one of so many.
        strategy: people, or tree-cut, of which no label lies below another.

    Raises UserError if a wnid is none, or there is no such label set.
    """
    with the_extra_labels("cut"):
        from cil.labels.ground import Ground

    keys = {"labels": labels} | ({"with_other": True} if with_other else {})
    with Ground(list(wnids)) as ground:
        return Labels.of(ground.make(strategy, keys), f"{strategy}:{labels}")


def _plain(path: Path) -> dict[str, str]:
    """What a file {wnid: label} holds; nothing if it is of another form."""
    if path.suffix != ".json" or not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError:
        return {}
    sound = isinstance(content, dict) and all(
        _WNID.fullmatch(wnid) and isinstance(label, str) and label.strip()
        for wnid, label in content.items()
    )
    return content if sound else {}
