"""Counts from the package `wordfreq`: offline, free, and the same next year.

Its word list merges subtitles, Wikipedia, books, news, web and social media up to 2021
(Speer, 2022, https://doi.org/10.5281/zenodo.7199437). The frequency of a phrase is estimated
from those of its words.
"""

import wordfreq

from cil.search.source import Source

LANGUAGE = "en"
PER = 1_000_000_000


class WordFreq:
    """Expected occurrences per billion words of English: 10 to the power of the Zipf frequency.

    0 for a word below the list's floor of about 10 per billion: rarer than anything listed.
    """

    name = "wordfreq"
    released = "2021"

    def count(self, name: str) -> float:
        """The expected count of a word or phrase, to the three digits that the list has."""
        return float(f"{wordfreq.word_frequency(name, LANGUAGE) * PER:.3g}")


SOURCE = Source(
    lambda config, environment, files: WordFreq(),
    summary="frequencies of the package of that name",
    costs="offline",
    unit="Occurrences per billion words",
)
