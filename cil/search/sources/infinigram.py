"""Counts from infini-gram: how often a text stands in a corpus of up to trillions of words.

Free, without a key. API: https://infini-gram.readthedocs.io/en/latest/api.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from cil.configuration.keys import Key
from cil.search.access import checked_endpoint
from cil.search.http import JsonClient, Manners
from cil.search.replies import at, usable_count
from cil.search.source import Question, Rate, Reply, Source, Unavailable

if TYPE_CHECKING:
    import inflect

ENDPOINT = "https://api.infini-gram.io"


@dataclass(frozen=True)
class Keys:
    """Keys of the source infinigram."""

    index: Annotated[str, Key("The corpus, by infini-gram's name for its index", min_length=1)] = (
        "v4_rpj_llama_s4"
    )
    requests_per_second: Rate = 10


class InfiniGram:
    """Occurrences in the corpus of one index, over the case and plural variants of a name.

    The index tells capitals from small letters and `dog` from `dogs`, so that the variants
    count different places and add up; only a word that the tokenizer breaks up may be counted
    within a longer one as well. With a context (CNF, `crane AND wading bird`) a place
    counts where both stand within the 100 tokens that the service takes for near.
    """

    name = "infinigram"

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._address = checked_endpoint(config["endpoint"], ENDPOINT)
        self._index = config["index"]
        self.settings = {"endpoint": self._address, "index": self._index}
        self._client = JsonClient(Manners.from_config(config))

    def queries(self, question: Question) -> tuple[str, ...]:
        """A query per variant of the name."""
        near = f" AND {question.context}" if question.context else ""
        return tuple(f"{variant}{near}" for variant in variants(question.name))

    def ask(self, query: str) -> Reply:
        """How often the text of `query` occurs."""
        return Reply(
            *self._client.fetch(
                "POST",
                f"{self._address}/",
                _read,
                json={"index": self._index, "query_type": "count", "query": query},
            )
        )


def variants(name: str) -> tuple[str, ...]:
    """The name and its plural: as they are, in small letters, with a capital, as a title."""
    forms = (name, _plural(name))
    return tuple(
        dict.fromkeys(
            variant
            for form in forms
            for variant in (form, form.lower(), form[:1].upper() + form[1:], _title(form))
        )
    )


def _title(text: str) -> str:
    """Capitals as in a title; unlike str.title not after an apostrophe or a hyphen."""
    return " ".join(word[:1].upper() + word[1:] for word in text.split(" "))


@cache
def _engine() -> "inflect.engine":
    import inflect  # takes a second to load, which whoever only reads SOURCE does without

    return inflect.engine()


def _plural(name: str) -> str:
    """The plural of a name; the name itself if it is one."""
    plural = _engine().plural_noun(name)
    if plural.endswith("ss"):  # no English plural does: the name was one already
        return name
    # inflect turns some of the hyphens into spaces.
    return "".join(
        separator if separator == "-" and made == " " else made
        for made, separator in zip(
            re.split(r"([ -])", plural), re.split(r"([ -])", name), strict=True
        )
    )


def _read(payload: Mapping[str, Any]) -> float:
    if "error" in payload:
        # The service has one kind of error for all; its manual asks to try again.
        raise Unavailable(f"infini-gram says: {payload['error']}")
    return usable_count(at(payload, "count"))


SOURCE = Source(
    lambda config, environment, files: InfiniGram(config),
    summary="text corpora of up to trillions of words",
    costs="free",
    unit="Occurrences in the corpus",
    keys=Keys,
)
