"""Counts from a MediaWiki search: how many articles of the English Wikipedia hold a phrase.

Free, without a key, under Wikimedia's rules: an identifying User-Agent, one request after the
other, and patience while the databases lag.
API: https://www.mediawiki.org/wiki/API:Search, https://www.mediawiki.org/wiki/API:Etiquette,
https://www.mediawiki.org/wiki/Manual:Maxlag_parameter
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from cil.configuration.keys import Key
from cil.errors import UserError
from cil.search.access import checked_endpoint
from cil.search.http import JsonClient, Manners
from cil.search.replies import at, usable_count
from cil.search.source import NoCount, Question, Rate, Reply, Source, Unavailable, quoted

ENDPOINT = "https://en.wikipedia.org/w/api.php"
PASSING = re.compile(r"maxlag|ratelimited|readonly|cirrussearch-.*|search-.*|internal_api_error_.*")


@dataclass(frozen=True)
class Keys:
    """Keys of the source mediawiki."""

    user_agent: Annotated[
        str,
        Key(
            "Who asks, as Wikimedia's policy wants it - name/version (address of a page or an "
            "e-mail address). Required for this source"
        ),
    ] = ""
    maxlag: Annotated[
        int,
        Key("Wait while the server's databases lag by more than these seconds", 1, 60),
    ] = 5
    requests_per_second: Rate = 2


class MediaWiki:
    """Articles whose text holds the phrase."""

    name = "mediawiki"

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._address = checked_endpoint(config["endpoint"], ENDPOINT)
        self._maxlag = config["maxlag"]
        self.settings = {"endpoint": self._address}
        self._client = JsonClient(
            Manners.from_config(config), {"User-Agent": _identifying(config["user_agent"])}
        )

    def queries(self, question: Question) -> tuple[str, ...]:
        """The quoted name, with a context both quoted."""
        return (quoted(question),)

    def ask(self, query: str) -> Reply:
        """The total of hits."""
        parameters = {
            "action": "query",
            "format": "json",
            "formatversion": 2,
            "list": "search",
            "srsearch": query,
            "srinfo": "totalhits",
            "srprop": "",
            "srlimit": 1,
            "maxlag": self._maxlag,
        }
        return Reply(*self._client.fetch("GET", self._address, _read, params=parameters))


def _identifying(user_agent: str) -> str:
    """`user_agent` if it says who asks; UserError if not."""
    if not re.fullmatch(r"[ -~]*(@|://)[ -~]*", user_agent):
        raise UserError(
            f"search.mediawiki.user_agent: found {user_agent!r}; Wikimedia requires a name and a "
            "way to reach you, such as my-labels/1.0 (https://example.org/me; me@example.org)"
        )
    return user_agent


def _read(payload: Mapping[str, Any]) -> float:
    if "error" in payload:
        code = str(at(payload, "error", "code"))
        message = f"MediaWiki says {code}: {payload['error'].get('info', '')}"
        if PASSING.fullmatch(code):
            raise Unavailable(message, throttled=code == "ratelimited")
        raise NoCount(message)
    return usable_count(at(payload, "query", "searchinfo", "totalhits"))


SOURCE = Source(
    lambda config, environment, files: MediaWiki(config),
    summary="the English Wikipedia",
    costs="free",
    unit="Wikipedia articles",
    keys=Keys,
    required=("user_agent",),
)
