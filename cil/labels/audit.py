"""What may be wrong with a label set, wherever it came from."""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping

import pandas

from cil.hierarchy import Hierarchy
from cil.labels.findings import Finding, names_of
from cil.labels.labelset import SIMULATED, Label, LabelSet
from cil.labels.spelling import bearing, bearing_alike, stem
from cil.labels.words import Words

TEXTS = ("labelset", "label", "finding", "classes", "detail", "suggestion")
COLUMNS = (*TEXTS, SIMULATED)

# Each kind of finding, and what it says.
KINDS = {
    "nested": "the label's synset lies below another label's: one picture, two right answers",
    "no common ancestor": "no synset of the label's name lies at or above all its classes",
    "homonym": "the name holds classes together that are different things of that name",
    "not an ancestor": "no synset of the label's name lies at or above some of its classes",
    "rare word": "hardly anybody uses the label's word",
    "rarer meaning": "the label's word will be taken for something else",
    "odd company": "the label says little of its classes: they mean something else",
    "too general": "the label lies so near the root that it says next to nothing",
    "left alone": "a class keeps a label of its own while all its siblings share one",
    "spelling twin": "two names differ in case, hyphens, spaces, plural or spelling only",
    "missing class": "a class has no label",
    "unknown class": "a label is given to a wnid that is no class of the data set",
}

# Links below the root: entity, physical entity, object, whole, artifact (4), instrumentality,
# organism and food (5). Animal and device (6) still say something.
GENERAL_DEPTH = 5


def audit(
    labelset: LabelSet, general_depth: int = GENERAL_DEPTH, words: Words | None = None
) -> list[Finding]:
    """All findings on a label set, sorted by kind and label.

    Args:
        labelset: what is looked at.
        general_depth: links below the root down to which a label is too general.
        words: how words are used; without it those findings are not made that need it.
    """
    checks: tuple[Callable[[LabelSet], Iterable[Finding]], ...] = (
        _nested,
        _names_and_ancestors,
        lambda labels: _too_general(labels, general_depth),
        _left_alone,
        _spelling_twins,
    )
    if words:
        checks = (*checks, words.findings)
    findings = [finding for check in checks for finding in check(labelset)]
    return sorted(findings, key=lambda finding: (finding.finding, finding.label, finding.classes))


def audit_classes(hierarchy: Hierarchy, names: Mapping[str, str]) -> list[Finding]:
    """The classes that a label file {wnid: name} misses, and the wnids that are no classes."""
    missing = sorted(set(hierarchy.classes) - set(names))
    unknown = sorted(set(names) - set(hierarchy.classes))
    return [
        Finding(
            hierarchy.name(wnid),
            "missing class",
            (wnid,),
            f"{wnid} ({hierarchy.name(wnid)}) has no label",
            "give it a label, or its own name",
        )
        for wnid in missing
    ] + [
        Finding(
            names[wnid],
            "unknown class",
            (wnid,),
            f"{wnid} is no class of this data set",
            "take it out, or correct the wnid",
        )
        for wnid in unknown
    ]


def audit_table(
    hierarchy: Hierarchy, findings: Mapping[str, Iterable[Finding]], simulated: Container[str] = ()
) -> pandas.DataFrame:
    """A row per finding of every label set; `classes` as "wnid name", separated by semicolons.

    `simulated` names the label sets that simulated votes stand behind.
    """

    def described(wnid: str) -> str:
        return f"{wnid} {hierarchy.name(wnid)}" if wnid in hierarchy.synsets else wnid

    rows = [
        (
            name,
            finding.label,
            finding.finding,
            "; ".join(map(described, finding.classes)),
            finding.detail,
            finding.suggestion,
            name in simulated,
        )
        for name in sorted(findings)
        for finding in findings[name]
    ]
    return pandas.DataFrame(rows, columns=list(COLUMNS))


def _nested(labelset: LabelSet) -> Iterator[Finding]:
    hierarchy = labelset.hierarchy
    number = {label.wnid: index for index, label in enumerate(labelset.labels) if label.wnid}
    for wnid, index in number.items():
        over = sorted(
            hierarchy.ancestors(wnid) & set(number), key=lambda w: (hierarchy.n_classes(w), w)
        )
        if over:
            nearest = labelset.names[number[over[0]]]
            yield Finding(
                labelset.names[index],
                "nested",
                labelset.groups[index],
                f"{labelset.names[index]} lies below "
                + ", ".join(f"{labelset.names[number[w]]} ({w})" for w in over),
                f"merge it into {nearest}, or split {nearest}",
            )


def _names_and_ancestors(labelset: LabelSet) -> Iterator[Finding]:
    hierarchy = labelset.hierarchy
    for label, name, classes in zip(labelset.labels, labelset.names, labelset.groups, strict=True):
        above = {wnid: hierarchy.ancestors(wnid) | {wnid} for wnid in classes}
        # The label's own synset counts by whatever name somebody gave it.
        named = {
            wnid: bearing(hierarchy, synsets, label.name)
            or bearing_alike(hierarchy, synsets, label.name)
            or synsets & {label.wnid}
            for wnid, synsets in above.items()
        }
        strangers = tuple(wnid for wnid, synsets in named.items() if not synsets)
        common = frozenset.intersection(*named.values())
        lowest = sorted(map(hierarchy.name, hierarchy.lowest_common_ancestors(classes)))
        if strangers:
            yield Finding(
                name,
                "not an ancestor",
                strangers,
                f"WordNet knows no {label.name} at or above {names_of(hierarchy, strangers)}",
                "give them a label of their own, unless people do call them so",
            )
        if len(classes) > 1 and not common:
            yield Finding(
                name,
                "no common ancestor",
                classes,
                f"no synset named {label.name} lies above all of {names_of(hierarchy, classes)}; "
                f"their lowest common ancestor is {' or '.join(lowest)}",
                f"split it, or check that {label.name} is what people call them all",
            )
        meanings = set().union(*named.values())
        apart = {wnid for wnid in meanings if not hierarchy.ancestors(wnid) & meanings}
        if not common and len(apart) > 1:
            yield Finding(
                name,
                "homonym",
                classes,
                f"{label.name} means different things: "
                + "; ".join(_meaning(hierarchy, wnid) for wnid in sorted(apart)),
                "give each meaning a label of its own",
            )


def _too_general(labelset: LabelSet, depth: int) -> Iterator[Finding]:
    hierarchy = labelset.hierarchy
    for label, name, classes in zip(labelset.labels, labelset.names, labelset.groups, strict=True):
        if label.wnid is None or label.wnid in hierarchy.index:
            continue
        if hierarchy.depth_max(label.wnid) <= depth:
            yield Finding(
                name,
                "too general",
                classes,
                f"{label.name} ({hierarchy.synsets[label.wnid].definition}) lies only "
                f"{_count(hierarchy.depth_max(label.wnid), 'link')} below the root",
                "choose labels further down",
            )


def _left_alone(labelset: LabelSet) -> Iterator[Finding]:
    hierarchy = labelset.hierarchy
    for index in (labelset.sizes == 1).nonzero()[0]:
        (wnid,) = labelset.groups[index]
        for parent in hierarchy.parents(wnid):
            siblings = [other for other in hierarchy.classes_below(parent) if other != wnid]
            labels = {labelset.label_of(other) for other in siblings}
            if len(siblings) > 1 and len(labels) == 1 and _fits(hierarchy, wnid, *labels):
                shared = labels.pop().name
                all_of = "both" if len(siblings) == 2 else f"all {len(siblings)}"
                yield Finding(
                    labelset.names[index],
                    "left alone",
                    (wnid,),
                    f"{all_of} other classes below {hierarchy.name(parent)} are called {shared}",
                    f"call it {shared}, unless people tell it from those",
                )
                break


def _fits(hierarchy: Hierarchy, wnid: str, label: Label) -> bool:
    """Whether a label could be that of a class: one above it, or a name of someone's own."""
    return label.wnid is None or label.wnid in hierarchy.ancestors(wnid)


def _spelling_twins(labelset: LabelSet) -> Iterator[Finding]:
    names = [label.name for label in labelset.labels]
    for key, indices in _shared(map(stem, names)):
        twins = sorted({names[index] for index in indices})
        if key and len(twins) > 1:
            yield Finding(
                twins[0],
                "spelling twin",
                _classes(labelset, indices),
                f"{' and '.join(twins)} differ in spelling only",
                "keep one spelling, or names that differ in more",
            )


def _shared(keys: Iterable[str]) -> list[tuple[str, list[int]]]:
    """The keys that stand more than once, and where."""
    places: dict[str, list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        places[key].append(index)
    return sorted((key, indices) for key, indices in places.items() if len(indices) > 1)


def _classes(labelset: LabelSet, indices: Iterable[int]) -> tuple[str, ...]:
    return tuple(wnid for index in indices for wnid in labelset.groups[index])


def _meaning(hierarchy: Hierarchy, wnid: str) -> str:
    return f"{hierarchy.synsets[wnid].synset} ({hierarchy.synsets[wnid].definition})"


def _count(number: int, what: str) -> str:
    return (
        f"{number} {what}" if number == 1 else f"{number} {what}{'es' if what[-1] == 's' else 's'}"
    )
