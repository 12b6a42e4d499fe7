"""How far a class resembles each label that it may take: what words and definitions say.

The meaning of a text is the mean of its words' vectors (`cil.sources.word_vectors`), in which rare
words count more (Arora et al. 2017, *A simple but tough-to-beat baseline for sentence
embeddings*). That is nearly as good as the network's own vectors of whole definitions, which would
have to be computed text by text (`benchmarks/README.md`).
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas

from cil.errors import UserError
from cil.files import read_parquet
from cil.hierarchy import Hierarchy
from cil.labels.naming import headed_by
from cil.sources.nouns import Nouns
from cil.sources.word_vectors import word_vectors

COLUMNS = ("wnid", "candidate", "close", "defines", "company", "typical", "called", "crowd")
_RARE = 1e-3  # share of definitions with a word, from which it counts less
_DIGITS = 4  # so that other processors' roundings make no other labels
_ALIKE, _SAME = 0.5, 0.8  # cosine from which classes crowd each other, and wholly
_BLOCK = 1024


def closeness_table(hierarchy: Hierarchy, nouns: Nouns) -> pandas.DataFrame:
    """A row per class and candidate, as in `hierarchy/candidates.parquet`, sorted by both.

    - `close`: cosine of what class and candidate mean, by names and definitions.
    - `defines`: cosine of the candidate's name with the class's definition.
    - `company`: mean cosine of the class with the other classes below the candidate; the mean of
      all rows where there are none.
    - `typical`: cosine of the candidate's name with its own definition, less where the word
      usually means something else.
    - `called`: whether the class's names hold the candidate's: a great grey owl is an owl.
    - `crowd`: how many classes are like the class, itself among them.
    """
    wnids = sorted(hierarchy.synsets)
    number = {wnid: index for index, wnid in enumerate(wnids)}
    names, definitions = _meanings(hierarchy, nouns, wnids)
    meaning = _unit(names + definitions)
    pairs = [
        (wnid, above)
        for wnid in sorted(hierarchy.classes)
        for above in sorted(hierarchy.ancestors(wnid) | {wnid})
    ]
    own, over = (np.array([number[pair[end]] for pair in pairs]) for end in (0, 1))
    return pandas.DataFrame(
        {
            "wnid": [wnid for wnid, _ in pairs],
            "candidate": [above for _, above in pairs],
            "close": _cosine(meaning, own, meaning, over),
            "defines": _cosine(definitions, own, names, over),
            "company": _company(meaning, own, over),
            "typical": (names * definitions).sum(axis=1)[over].round(_DIGITS),
            "called": _called(hierarchy, pairs),
            "crowd": _crowd(meaning, own),
        }
    )


def _meanings(
    hierarchy: Hierarchy, nouns: Nouns, wnids: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors of names and of definitions, synsets × width."""
    names = [_words(hierarchy.name(wnid)) for wnid in wnids]
    definitions = [_words(hierarchy.synsets[wnid].definition) for wnid in wnids]
    used = sorted(set().union(*names, *definitions))
    number = {word: index for index, word in enumerate(used)}
    counts = Counter(word for noun in nouns for word in set(_words(noun.definition)))
    share = np.array([max(counts[word], 0.5) for word in used]) / counts.total()
    weighted = word_vectors(used) * (_RARE / (_RARE + share))[:, None]

    def mean(texts: list[list[str]]) -> np.ndarray:
        return _unit(np.array([weighted[[number[w] for w in text]].sum(axis=0) for text in texts]))

    return mean(names), mean(definitions)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:['-][^\W_]+)*", text.lower()) or ["thing"]


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _cosine(first: np.ndarray, own: np.ndarray, second: np.ndarray, over: np.ndarray) -> np.ndarray:
    """Products of rows `own` of one and rows `over` of the other."""
    blocks = range(0, len(own), 8 * _BLOCK)
    parts = [
        (first[own[at : at + 8 * _BLOCK]] * second[over[at : at + 8 * _BLOCK]]).sum(axis=1)
        for at in blocks
    ]
    return np.concatenate(parts).astype(float).round(_DIGITS)


def _company(meaning: np.ndarray, own: np.ndarray, over: np.ndarray) -> np.ndarray:
    total = np.zeros_like(meaning)
    np.add.at(total, over, meaning[own])
    others = np.bincount(over)[over] - 1
    mean = (_cosine(meaning, own, total, over) - 1) / np.maximum(others, 1)
    known = mean[others > 0]
    return np.where(others > 0, mean, known.mean() if len(known) else 0).round(_DIGITS)


def _called(hierarchy: Hierarchy, pairs: Sequence[tuple[str, str]]) -> list[bool]:
    lemmas = {
        wnid: [name.lower() for name in hierarchy.synsets[wnid].lemmas]
        for wnid in hierarchy.classes
    }
    words = {wnid: hierarchy.name(wnid).lower() for wnid in hierarchy.synsets}
    return [
        wnid == above
        or any(name == words[above] or headed_by(name, words[above]) for name in lemmas[wnid])
        for wnid, above in pairs
    ]


def _crowd(meaning: np.ndarray, own: np.ndarray) -> np.ndarray:
    classes, where = np.unique(own, return_inverse=True)
    vectors = meaning[classes]
    crowds = [
        np.clip((vectors[at : at + _BLOCK] @ vectors.T - _ALIKE) / (_SAME - _ALIKE), 0, 1).sum(1)
        for at in range(0, len(vectors), _BLOCK)
    ]
    return np.concatenate(crowds).astype(float).round(2)[where]


def read_closeness(path: str | Path) -> pandas.DataFrame:
    """The table in `search/closeness.parquet`; UserError if it is not one."""
    table = read_parquet(path, COLUMNS)
    if table.duplicated(["wnid", "candidate"]).any():
        raise UserError(f"{path}: a class and candidate stand twice; delete the file and run again")
    return table
