"""The hierarchy above a class list, from WordNet's hypernyms."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cil.errors import UserError
from cil.hierarchy import Hierarchy, Synset

if TYPE_CHECKING:
    from nltk.corpus.reader import WordNetCorpusReader
    from nltk.corpus.reader.wordnet import Synset as NounSynset

WNID = re.compile(r"n\d{8}")


def hierarchy_above(classes: Sequence[str], wordnet: "WordNetCorpusReader") -> Hierarchy:
    """The hierarchy above `classes` (wnids), read from NLTK's WordNet 3.0.

    Raises UserError for a wnid that is malformed, repeated, or not in WordNet.
    """
    check_wnids(classes)
    synsets: dict[str, Synset] = {}
    links: list[tuple[str, str, str]] = []
    waiting = [_find(wnid, wordnet) for wnid in classes]
    while waiting:
        found = waiting.pop()
        wnid = wnid_of(found)
        if wnid in synsets:
            continue
        lemmas = tuple(lemma.replace("_", " ") for lemma in found.lemma_names())
        synsets[wnid] = Synset(wnid, lemmas[0], found.name(), lemmas, found.definition())
        parents = [(parent, "hypernym") for parent in found.hypernyms()]
        parents += [(parent, "instance_hypernym") for parent in found.instance_hypernyms()]
        links += [(wnid, wnid_of(parent), relation) for parent, relation in parents]
        waiting += [parent for parent, _ in parents]
    return Hierarchy(classes, synsets, links)


def wnid_of(synset: "NounSynset") -> str:
    """The wnid of an NLTK noun synset."""
    return f"n{synset.offset():08d}"


def check_wnids(wnids: Sequence[str]) -> None:
    """Raise UserError if there is no wnid, one is malformed, or one stands twice."""
    if not wnids:
        raise UserError("class list: it is empty; give at least one wnid, such as n02084071")
    for position, wnid in enumerate(wnids, start=1):
        if not WNID.fullmatch(wnid):
            raise UserError(
                f"class list, entry {position}: {wnid!r} is not a wnid; "
                "expected n and eight digits, such as n02084071"
            )
    if len(set(wnids)) < len(wnids):
        [(repeated, _)] = Counter(wnids).most_common(1)
        raise UserError(f"class list: {repeated} stands more than once; keep one")


def _find(wnid: str, wordnet: "WordNetCorpusReader") -> "NounSynset":
    # NLTK warns of, or raises various errors for, an offset at which no synset begins.
    try:
        found = wordnet.synset_from_pos_and_offset("n", int(wnid[1:]))
    except Exception:
        found = None
    if found is None or wnid_of(found) != wnid:
        raise UserError(
            f"class list: {wnid} is not a noun of WordNet 3.0; "
            "correct it or take it out (ImageNet's ids are WordNet 3.0 offsets)"
        )
    return found
