"""What a person means by a name: a label, a class, or a synset and all classes below it."""

import difflib

from cil.errors import UserError
from cil.hierarchy import Hierarchy
from cil.labels.display import display_name
from cil.labels.labelset import LabelSet
from cil.labels.spelling import bearing, folded

LABEL = "label:"  # before the name of what is to be a label


def classes_meant(labelset: LabelSet, text: str) -> tuple[str, ...]:
    """The classes that `text` means, in class order.

    Args:
        labelset: whose labels may be meant, and whose hierarchy.
        text: a wnid, WordNet's `dog.n.01`, `label:NAME`, or the name of a label, a class or a
            synset, whatever its case. A synset stands for the classes at or below it.

    Raises UserError if it means nothing here, or different classes by different readings.
    """
    readings = _readings(labelset, text)
    if not readings:
        raise UserError(
            f"found {text!r}; there is no such label, class or synset here{_near(labelset, text)}"
        )
    apart = {classes: how for how, classes in reversed(readings.items())}
    if len(apart) > 1:
        ways = "; ".join(f"{how} ({_counted(classes)})" for classes, how in apart.items())
        raise UserError(f"found {text!r}, which may mean different classes; write one of: {ways}")
    return next(iter(apart))


def label_meant(labelset: LabelSet, text: str) -> int:
    """The number of the label that `text` means: of that name, or of just the classes meant.

    Raises UserError as `classes_meant`, and if these are not the classes of one label.
    """
    labels = _labels(labelset, text if text.startswith(LABEL) else f"{LABEL}{text}")
    if len(labels) > 1:
        raise UserError(f"found {text!r}, which may be {' or '.join(labels)}; write one of them")
    [classes] = labels.values() or [classes_meant(labelset, text)]
    numbers = sorted({int(labelset.label_index[labelset.hierarchy.index[w]]) for w in classes})
    if len(numbers) > 1 or classes != labelset.groups[numbers[0]]:
        names = ", ".join(f"{labelset.names[n]} ({labelset.sizes[n]} classes)" for n in numbers)
        raise UserError(
            f"found {text!r}, which is no label; its classes ({len(classes)}) lie in: {names}"
        )
    return numbers[0]


def labels_named_so(labelset: LabelSet, name: str) -> list[int]:
    """The numbers of the labels that `name` may mean: the one of just that name, or all."""
    wanted, labels = folded(name), range(len(labelset))
    exact = [
        index
        for index in labels
        if wanted in (folded(labelset.names[index]), folded(labelset.display[index]))
    ]
    return exact or [n for n in labels if folded(labelset.labels[n].name) == wanted]


def _readings(labelset: LabelSet, text: str) -> dict[str, tuple[str, ...]]:
    """The classes that `text` may mean, by a way to write each that can mean nothing else."""
    hierarchy = labelset.hierarchy
    if text in hierarchy.synsets:
        return {text: hierarchy.classes_below(text)}
    if text.startswith(LABEL):
        return _labels(labelset, text)
    labels, wanted = _labels(labelset, f"{LABEL}{text}"), folded(text)
    synsets = [wnid for wnid in hierarchy.synsets if wanted in _names(hierarchy, wnid)]
    if not labels and not synsets:
        synsets = list(bearing(hierarchy, hierarchy.synsets, text))
    return labels | {wnid: hierarchy.classes_below(wnid) for wnid in sorted(synsets)}


def _labels(labelset: LabelSet, text: str) -> dict[str, tuple[str, ...]]:
    """The classes of the labels that `label:NAME` may mean: the one of just that name, or all."""
    return {
        f"{LABEL}{labelset.names[index]}": labelset.groups[index]
        for index in labels_named_so(labelset, text.removeprefix(LABEL))
    }


def _counted(classes: tuple[str, ...]) -> str:
    return f"{len(classes)} classes" if len(classes) > 1 else classes[0]


def _names(hierarchy: Hierarchy, wnid: str) -> set[str]:
    """What a synset is called first, folded."""
    synset = hierarchy.synsets[wnid]
    shown = [display_name(wnid, synset.name)] if wnid in hierarchy.index else []
    return set(map(folded, [synset.synset, synset.name, *shown]))


def _near(labelset: LabelSet, text: str) -> str:
    names = {
        *labelset.names,
        *labelset.display,
        *map(labelset.hierarchy.name, labelset.hierarchy.synsets),
    }
    near = difflib.get_close_matches(text, sorted(names), n=3)
    return f"; did you mean {' or '.join(near)}?" if near else ""
