"""Classes that an experiment leaves out, named as people name them."""

import difflib
from collections.abc import Iterable, Mapping, Sequence

from cil.errors import UserError
from cil.labels.display import display_name
from cil.labels.spelling import folded
from cil.sources.nouns import Noun, Nouns


def without(classes: Sequence[str], drop: Iterable[str], nouns: Nouns) -> list[str]:
    """Those of `classes` that are left, in their order.

    Args:
        classes: wnids.
        drop: wnids, or names of classes or of synsets, which stand for the classes below them.
        nouns: WordNet, which knows the names.

    Raises UserError if a text means no class, or different ones by different readings, or if none
    is left.
    """
    by_wnid = {noun.wnid: noun for noun in nouns}
    below = _classes_below(classes, by_wnid)
    dropped = {wnid for text in drop for wnid in _meant(text, below, by_wnid)}
    left = [wnid for wnid in classes if wnid not in dropped]
    if not left:
        raise UserError(f"drop: all of the {len(classes):,} classes are dropped; keep some")
    return left


def _classes_below(
    classes: Iterable[str], by_wnid: Mapping[str, Noun]
) -> dict[str, tuple[str, ...]]:
    """The classes at or below each synset that has any."""
    below: dict[str, tuple[str, ...]] = {}
    for wnid in classes:
        level, above = [wnid], {wnid}
        while level:
            level = [
                parent
                for each in level
                if each in by_wnid
                for parent in by_wnid[each].parents
                if parent not in above
            ]
            above.update(level)
        for each in above:
            below[each] = (*below.get(each, ()), wnid)
    return below


def _named(text: str, names: Mapping[str, Sequence[str]]) -> list[str]:
    return sorted(wnid for wnid, own in names.items() if folded(text) in map(folded, own))


def _meant(
    text: str, below: Mapping[str, tuple[str, ...]], by_wnid: Mapping[str, Noun]
) -> tuple[str, ...]:
    if text in below:
        return below[text]
    lemmas = {wnid: by_wnid[wnid].names for wnid in below if wnid in by_wnid}
    first = {wnid: (names[0], display_name(wnid, names[0])) for wnid, names in lemmas.items()}
    found = _named(text, first) or _named(text, lemmas)
    if not found:
        near = difflib.get_close_matches(text, sorted({n for own in first.values() for n in own}))
        advice = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UserError(
            f"drop: found {text!r}, which is no class of the experiment and no synset above one"
            f"{advice}"
        )
    if len({below[wnid] for wnid in found}) > 1:
        ways = "; ".join(
            f"{wnid} ({by_wnid[wnid].definition}; classes: {len(below[wnid])})" for wnid in found
        )
        raise UserError(f"drop: found {text!r}, which may be several synsets; name one: {ways}")
    return below[found[0]]
