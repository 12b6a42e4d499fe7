"""Names of synsets in other languages, of the Open Multilingual Wordnet (Bond and Foster 2013).

NLTK reads it, and downloads it where it is missing and there is a connection.
"""

from collections.abc import Iterable
from pathlib import Path

from cil.errors import UserError
from cil.sources.wordnet import open_wordnet

CORPUS = "omw-1.4"
ENGLISH = "eng"


def names_in(language: str, wnids: Iterable[str], wordnet: str | Path) -> dict[str, str]:
    """The first name of each synset in a language, of those that have one there, by wnid.

    Args:
        language: a code of three letters, as NLTK has it: fra, jpn, kor, spa, …
        wnids: noun synsets of WordNet 3.0.
        wordnet: the folder that `provide_wordnet` filled.

    Raises UserError if NLTK has no such language, or the corpus can't be had.
    """
    from nltk.corpus.reader import CorpusReader
    from nltk.corpus.util import LazyCorpusLoader

    _provide()
    # Loaded for its files, never by its name as a module of NLTK.
    loader = LazyCorpusLoader(CORPUS, CorpusReader, r".*/wn-data-.*\.tab", encoding="utf8")
    reader = open_wordnet(wordnet, loader)
    reader.add_omw()
    if language not in reader.langs():
        raise UserError(
            f"--language: found {language!r}; {CORPUS} has: {', '.join(sorted(reader.langs()))}"
        )
    lemmas = {
        wnid: reader.synset_from_pos_and_offset("n", int(wnid[1:])).lemma_names(language)
        for wnid in wnids
    }
    return {wnid: names[0].replace("_", " ") for wnid, names in lemmas.items() if names}


def _provide() -> None:
    import nltk

    places = (f"corpora/{CORPUS}", f"corpora/{CORPUS}.zip")
    if any(_is_there(place) for place in places) or nltk.download(CORPUS, quiet=True):
        return
    raise UserError(
        f"{CORPUS}: NLTK has not this corpus, and cannot download it; put it into corpora/ of one "
        "of NLTK's data folders, or name the folder above corpora in the environment variable "
        "NLTK_DATA"
    )


def _is_there(place: str) -> bool:
    import nltk

    try:
        nltk.data.find(place)
    except LookupError:
        return False
    return True
