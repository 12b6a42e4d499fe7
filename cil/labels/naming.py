"""What makes a word the one that a person says, measured for every synset.

After Rosch et al. (1976, *Basic objects in natural categories*): people name things at a level
whose words are frequent, and that others' names are built from ("tiger shark" is a
kind of shark, so shark is the level that people start from).
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas

from cil.errors import UserError
from cil.files import read_parquet
from cil.hierarchy import Hierarchy
from cil.search.familiarity import sense_shares
from cil.search.sources.wordfreq import WordFreq
from cil.sources.nouns import Noun, Nouns

COLUMNS = (
    "wnid",
    "name",
    "zipf",
    "rarest",
    "share",
    "hyponyms",
    "headed",
    "mentioned",
    "spoken",
)
SMOOTHING = 1.0  # of sense shares; see cil.search.familiarity
_LONGEST = 4  # words of a name that is looked for in definitions


def naming_table(
    hierarchy: Hierarchy,
    nouns: Nouns,
    counts: pandas.DataFrame,
    spoken: Mapping[str, float] | None = None,
) -> pandas.DataFrame:
    """One row per synset, sorted by wnid.

    - `zipf`: log10 of the name's count per billion words. Counts of another source than
      wordfreq are brought to that scale by their mean and deviation, so that one set of
      weights fits all.
    - `rarest`: the same of the name's rarest word, always by wordfreq: what a phrase counts is
      guessed from its words, and "homopterous insect" is no better known than "homopterous".
    - `share`: the part of the word's uses that have this meaning.
    - `hyponyms`: how many synsets of the whole WordNet lie below.
    - `headed`: how many of those have a name that ends in this one (tiger shark, shark).
    - `mentioned`: how many of those have the word in their definition.
    - `spoken`: log10 of one more than how often people called a pictured thing so, in this
      meaning; 0 where that was not counted.

    Args:
        counts: columns `name, source, count`, as in `search/counts.parquet`.
        spoken: answers of people by name in lower case (`cil.sources.manynames`).
    """
    wnids = sorted(hierarchy.synsets)
    shares = sense_shares(hierarchy, nouns, SMOOTHING)
    names = [hierarchy.name(wnid) for wnid in wnids]
    zipf, rarest = zipf_scale(counts), _rarest_words(set(names))
    kinds = _kinds(hierarchy, nouns)
    return pandas.DataFrame(
        [
            (
                wnid,
                name,
                zipf[name],
                rarest[name],
                shares[wnid],
                *kinds[wnid],
                math.log10(1 + (spoken or {}).get(name.lower(), 0) * shares[wnid]),
            )
            for wnid, name in zip(wnids, names, strict=True)
        ],
        columns=list(COLUMNS),
    )


def zipf_scale(counts: pandas.DataFrame) -> dict[str, float]:
    """Each name's count on the Zipf scale of wordfreq; a name without a count is the rarest."""
    logs = np.log10(counts["count"].fillna(0).to_numpy(dtype=float) + 1)
    if set(counts["source"]) != {"wordfreq"}:
        theirs = np.array(list(map(_wordfreq_zipf, counts["name"])))
        logs = (logs - logs.mean()) / (logs.std() or 1) * theirs.std() + theirs.mean()
    return dict(zip(counts["name"], logs.tolist(), strict=True))


def _wordfreq_zipf(text: str) -> float:
    return math.log10(WordFreq().count(text) + 1)


def _rarest_words(names: Iterable[str]) -> dict[str, float]:
    words = {name: re.findall(r"\w+", name.lower()) for name in names}
    zipf = {word: _wordfreq_zipf(word) for word in set().union(*words.values())}
    return {name: min(zipf[word] for word in words[name]) for name in names}


def _kinds(hierarchy: Hierarchy, nouns: Nouns) -> dict[str, tuple[int, int, int]]:
    """For each synset: how many lie below it, are named after it, and are defined by it."""
    words = {wnid: hierarchy.name(wnid).lower() for wnid in hierarchy.synsets}
    forms = {word: _forms(word, nouns.irregular_plurals) for word in set(words.values())}
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for noun, above in _all_below(hierarchy, nouns):
        names = [name.lower() for name in noun.names]
        mentioned = _phrases(noun.definition.lower())
        for wnid in above:
            word = words[wnid]
            total = totals[wnid]
            total[0] += 1
            total[1] += any(headed_by(name, word) for name in names)
            total[2] += not forms[word].isdisjoint(mentioned)
    return {
        wnid: (below, named, defined)
        for wnid in hierarchy.synsets
        for below, named, defined in [totals[wnid]]
    }


def _all_below(hierarchy: Hierarchy, nouns: Nouns) -> Iterator[tuple[Noun, frozenset[str]]]:
    """Every noun synset below one of the hierarchy, with the hierarchy's synsets above it."""
    above: dict[str, frozenset[str]] = {}
    by_wnid = {noun.wnid: noun for noun in nouns}

    def known_above(wnid: str) -> frozenset[str]:
        if wnid not in above:
            sets = [
                known_above(parent) | ({parent} & hierarchy.synsets.keys())
                for parent in by_wnid[wnid].parents
            ]
            above[wnid] = frozenset().union(*sets)
        return above[wnid]

    return ((noun, known_above(wnid)) for wnid, noun in by_wnid.items() if known_above(wnid))


def headed_by(name: str, word: str) -> bool:
    """Whether a name is built on a word: "tiger shark", "hartebeest-like", "schoolbus"."""
    if name == word or not name.endswith(word):
        return False
    return len(word) > 3 or name[-len(word) - 1] in " -"


def _phrases(text: str) -> set[str]:
    """All runs of up to `_LONGEST` words."""
    words = re.findall(r"[a-z0-9-]+", text)
    return {
        " ".join(words[start : start + length])
        for length in range(1, _LONGEST + 1)
        for start in range(len(words) - length + 1)
    }


def _forms(word: str, plurals: Mapping[str, str]) -> frozenset[str]:
    """Singular and plural of a name, as they stand in a definition without punctuation."""
    *first, last = word.split(" ")
    plural = " ".join([*first, plurals.get(last) or _regular_plural(last)])
    return frozenset(re.sub(r"[^a-z0-9-]+", " ", form).strip() for form in (word, plural)) - {""}


def _regular_plural(word: str) -> str:
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(s|x|z|ch|sh)$", word) else "s")


def read_naming(path: str | Path) -> pandas.DataFrame:
    """The table in `search/naming.parquet`, indexed by wnid; UserError if it is not one."""
    table = read_parquet(path, COLUMNS).set_index("wnid")
    if not table.index.is_unique:
        raise UserError(f"{path}: a wnid stands twice; delete the file and run again")
    return table
