"""Edits of a label set, for a domain of one's own.

Their order: split, keep, merge, other, rename; of a kind, as they are given.

What an edit names is a label of the set as the edits before have left it, a class, or a synset and
so the classes at or below it (`cil.labels.meant`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from cil.errors import UserError
from cil.hierarchy import Hierarchy
from cil.labels.labelset import OTHER, Label, LabelSet
from cil.labels.meant import classes_meant, label_meant, labels_named_so
from cil.labels.named import labels_named

_SHOWN = 6

Labels = dict[str, Label]  # of the classes that an edit is about, by wnid


@dataclass(frozen=True)
class Effect:
    """What one edit did.

    Args:
        edit: as a person would say it: "merge car, truck into vehicle".
        classes: how many classes it is about.
        before, after: the labels of those classes, by unique name, with how many of them each has.
    """

    edit: str
    classes: int
    before: Mapping[str, int]
    after: Mapping[str, int]

    def __str__(self) -> str:
        return f"{self.edit}: {_counted(self.before)} → {_counted(self.after)}"


@dataclass(frozen=True)
class Edits:
    """Edits by kind, each in the order given; texts name labels, classes or synsets.

    Args:
        split: labels that become finer: one branch of the hierarchy each.
        keep: what is told apart: each of its classes becomes a label of its own.
        merge: what becomes one label, by the name of that label.
        other: what goes to the label `other`.
        rename: labels' new names.
    """

    split: Sequence[str] = ()
    keep: Sequence[str] = ()
    merge: Mapping[str, Sequence[str]] = field(default_factory=dict)
    other: Sequence[str] = ()
    rename: Mapping[str, str] = field(default_factory=dict)

    def apply(self, labelset: LabelSet) -> tuple[LabelSet, list[Effect]]:
        """The label set after all edits, and what each of them did.

        Raises UserError, naming the edit, if a text means nothing or more than one thing.
        """
        effects = []
        for edit, changed in self._steps():
            try:
                labels = changed(labelset)
                edited = _with(labelset, labels)
            except UserError as error:
                raise UserError(f"{edit}: {error}") from None
            effects.append(
                Effect(edit, len(labels), _names_of(labelset, labels), _names_of(edited, labels))
            )
            labelset = edited
        return labelset, effects

    def _steps(self) -> Iterator[tuple[str, Callable[[LabelSet], Labels]]]:
        for text in self.split:
            yield f"split {text}", partial(_split, text=text)
        for text in self.keep:
            yield f"keep {text}", partial(_kept, text=text)
        for name, texts in (*self.merge.items(), *([(OTHER, self.other)] if self.other else [])):
            yield f"merge {', '.join(texts)} into {name}", partial(_merged, name=name, texts=texts)
        for text, name in self.rename.items():
            yield f"rename {text} to {name}", partial(_renamed, text=text, name=name)


def _kept(labelset: LabelSet, text: str) -> Labels:
    classes = classes_meant(labelset, text)
    return {wnid: _own(labelset.hierarchy, wnid) for wnid in classes}


def _own(hierarchy: Hierarchy, wnid: str) -> Label:
    return Label(hierarchy.name(wnid), wnid)


def _split(labelset: LabelSet, text: str) -> Labels:
    """Each class of the label takes the branch that it lies in, below the lowest synset over all.

    Where it lies in several, it takes that with most of the label's classes.
    """
    hierarchy, classes = labelset.hierarchy, labelset.groups[label_meant(labelset, text)]
    if len(classes) == 1:
        raise UserError("it is a label of one class")
    top = max(
        hierarchy.lowest_common_ancestors(classes),
        key=lambda wnid: (hierarchy.depth_max(wnid), wnid),
    )
    branches = {
        child: set(hierarchy.classes_below(child)) & set(classes)
        for child in hierarchy.children(top)
    }
    taken = {
        wnid: max(
            (child for child, below in branches.items() if wnid in below),
            key=lambda child: (len(branches[child]), child),
            default=wnid,
        )
        for wnid in classes
    }
    sizes = Counter(taken.values())
    return {
        wnid: _own(hierarchy, branch if sizes[branch] > 1 else wnid)
        for wnid, branch in taken.items()
    }


def _merged(labelset: LabelSet, name: str, texts: Sequence[str]) -> Labels:
    """The classes of all texts, with a label of that name: one that is there, or a synset over all
    of them, or a name alone."""
    meant = [wnid for text in texts for wnid in classes_meant(labelset, text)]
    classes = tuple(dict.fromkeys(meant))
    if not classes:
        raise UserError("found nothing to merge; name labels, classes or synsets")
    label = _label_of_name(labelset, name) or _named_over(labelset.hierarchy, name, classes)
    return dict.fromkeys(classes, label)


def _renamed(labelset: LabelSet, text: str, name: str) -> Labels:
    number = label_meant(labelset, text)
    if (there := _label_of_name(labelset, name)) and there != labelset.labels[number]:
        raise UserError(f"there is a label {name} already; use merge to make them one")
    classes = labelset.groups[number]
    over = _named_over(labelset.hierarchy, name, classes)
    label = over if over.wnid else Label(name, labelset.labels[number].wnid)
    return dict.fromkeys(classes, label)


def _label_of_name(labelset: LabelSet, name: str) -> Label | None:
    """The label of that name, if there is one; UserError if it may be several."""
    found = labels_named_so(labelset, name)
    if len(found) > 1:
        ways = " or ".join(labelset.names[index] for index in found)
        raise UserError(f"found {name!r}, which may be the label {ways}; write one of them")
    return labelset.labels[found[0]] if found else None


def _named_over(hierarchy: Hierarchy, name: str, classes: Iterable[str]) -> Label:
    return next(iter(labels_named(hierarchy, dict.fromkeys(classes, name)).values()))


def _with(labelset: LabelSet, labels: Labels) -> LabelSet:
    now = {wnid: labelset.label_of(wnid) for wnid in labelset.classes}
    return LabelSet(labelset.hierarchy, now | labels, labelset.simulated_votes)


def _names_of(labelset: LabelSet, classes: Iterable[str]) -> dict[str, int]:
    index = labelset.hierarchy.index
    return dict(Counter(labelset.display[labelset.label_index[index[wnid]]] for wnid in classes))


def _counted(labels: Mapping[str, int]) -> str:
    most = sorted(labels, key=lambda name: (-labels[name], name))
    shown = ", ".join(f"{name} {labels[name]}" for name in most[:_SHOWN])
    return f"{shown} and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else shown
