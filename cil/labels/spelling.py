"""Ways to write one name: which of them WordNet knows, and which differ in spelling only."""

import re
import unicodedata
from collections.abc import Iterable

from cil.hierarchy import Hierarchy


def folded(name: str) -> str:
    """A name whatever its case, its spaces, or underscores for them.

    >>> folded("Great_White  shark")
    'great white shark'
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(plain.replace("_", " ").split())


def bearing(hierarchy: Hierarchy, wnids: Iterable[str], name: str) -> frozenset[str]:
    """Those of the synsets `wnids` that bear a name, as one of their lemmas, once folded."""
    wanted = folded(name)
    return frozenset(
        wnid for wnid in wnids if wanted in map(folded, hierarchy.synsets[wnid].lemmas)
    )


def bearing_alike(hierarchy: Hierarchy, wnids: Iterable[str], name: str) -> frozenset[str]:
    """Those of the synsets `wnids` that bear a name in any spelling: gas mask for gasmask."""
    wanted = stem(name)
    return frozenset(wnid for wnid in wnids if wanted in map(stem, hierarchy.synsets[wnid].lemmas))


def stem(name: str) -> str:
    """What is left of a name without case, punctuation, plural, and British spelling.

    Empty where a name has neither letters nor digits, of whatever script.

    >>> stem("Colour-Theatres"), stem("color theater")
    ('colortheater', 'colortheater')
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    # Marks are kept: they are the vowels of many scripts.
    letters = "".join(char for char in plain if unicodedata.category(char)[0] in "LMN")
    american = letters.replace("grey", "gray").replace("our", "or")
    singular = re.sub(r"(?<=[a-rt-z])s$", "", re.sub(r"ies$", "y", american))
    return re.sub(r"tre$", "ter", singular)


def meaning(hierarchy: Hierarchy, wnid: str) -> str:
    """The beginning of a synset's definition, to tell it from another of its name.

    "a carpenter's hand tool with an adjustable blade …" gives "carpenter's hand tool".
    """
    definition = re.sub(r"^(an?|the|any|one) ", "", hierarchy.synsets[wnid].definition)
    further = r"[;,:(]| (?:that|which|who|whose|with|for|used|having|from|in|on|by|where|to|or) "
    return re.split(further, definition)[0].strip() or definition
