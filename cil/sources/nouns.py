"""All nouns of WordNet at once, which takes a tenth of the time that NLTK's reader needs.

Formats: wndb(5WN), senseidx(5WN), morphy(7WN) of WordNet 3.0.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cil.sources.wordnet import checked_corpus

_PARENT_LINKS = {"@", "@i"}  # hypernym, instance hypernym
_NOUN_KEY = "%1:"


@dataclass(frozen=True)
class Noun:
    """A noun synset: its wnid, its names with spaces, its parents' wnids, its definition."""

    wnid: str
    names: tuple[str, ...]
    parents: tuple[str, ...]
    definition: str


class Nouns:
    """The nouns of the WordNet in `folder` (filled by `provide_wordnet`).

    Raises UserError if a file is missing or the version is not 3.0.
    """

    def __init__(self, folder: str | Path) -> None:
        self._corpus = checked_corpus(folder)

    def __iter__(self) -> Iterator[Noun]:
        """Every noun synset, in the order of the file."""
        for line in self._lines("data.noun"):
            if not line.startswith("  "):  # the licence
                yield _noun(line)

    def tagged_senses(self, name: str) -> dict[str, int]:
        """How often WordNet's editors tagged each noun sense of a name, by wnid.

        Capitals do not count: `crane` has the senses of `Crane`, a poet, too.
        """
        return self._tagged_senses[name.lower()]

    @cached_property
    def _tagged_senses(self) -> dict[str, dict[str, int]]:
        senses: dict[str, dict[str, int]] = defaultdict(dict)
        for line in self._lines("index.sense"):
            key, offset, _, count = line.split()
            name, is_noun, _ = key.partition(_NOUN_KEY)
            if is_noun:
                senses[name.replace("_", " ")][f"n{offset}"] = int(count)
        return dict(senses)

    @cached_property
    def irregular_plurals(self) -> dict[str, str]:
        """{singular: plural} of WordNet's list of exceptions, such as goose and geese."""
        lines = reversed([line.split() for line in self._lines("noun.exc")])
        return {singular: plural for plural, singular, *_ in lines}

    def _lines(self, file: str) -> list[str]:
        return (self._corpus / file).read_text(encoding="utf-8").splitlines()


def _noun(line: str) -> Noun:
    data, gloss = line.split("|")
    offset, _, _, count, *rest = data.split()
    size = int(count, 16)
    links = rest[2 * size + 1 :]
    return Noun(
        f"n{offset}",
        tuple(name.replace("_", " ") for name in rest[: 2 * size : 2]),
        tuple(
            f"n{target}"
            for link, target in zip(links[::4], links[1::4], strict=False)
            if link in _PARENT_LINKS
        ),
        re.sub(r'".*?"', "", gloss).strip().strip("; "),  # without the examples
    )
