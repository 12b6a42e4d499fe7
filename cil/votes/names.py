"""When two names of voters' own are one: "Dogs", "a dog" and "dog"."""

from functools import cache, lru_cache
from typing import Any

from cil.hierarchy import Hierarchy

_ARTICLES = ("a ", "an ", "the ")


@lru_cache(maxsize=100_000)
def fold(name: str) -> str:
    """What is the same for all spellings of a name: without case, article and plural.

    Only to be compared: it need not be a word.

    >>> fold("Dogs") == fold("a dog") == fold("DOG")
    True
    >>> fold("glass") == fold("glasses"), fold("glass") == fold("grass")
    (True, False)
    """
    text = " ".join(name.casefold().split())
    for article in _ARTICLES:
        text = text.removeprefix(article) or text
    single = _inflection().singular_noun(text)
    # Only what the plural leads back to: "bus" is no plural.
    return single if single and _inflection().plural_noun(single) == text else text


def candidate_called(hierarchy: Hierarchy, wnid: str, name: str) -> str | None:
    """The candidate of a class that a name means, the most specific one; None if it means none."""
    wanted = fold(name)
    for candidate in reversed(hierarchy.candidates(wnid)):
        if wanted in map(fold, hierarchy.synsets[candidate.wnid].lemmas):
            return candidate.wnid
    return None


@cache
def _inflection() -> Any:
    import inflect  # takes a quarter of a second, and only own names need it

    return inflect.engine()
