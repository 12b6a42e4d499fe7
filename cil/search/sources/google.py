"""Counts from Google's Custom Search JSON API, for those who have a key to it.

Closed to new customers; ends on 2027-01-01. 100 queries a day are free.
API: https://developers.google.com/custom-search/v1/reference/rest/v1/cse/list
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from cil.configuration.keys import Key
from cil.errors import UserError
from cil.search.access import checked_endpoint, secrets_from
from cil.search.http import JsonClient, Manners
from cil.search.replies import at, usable_count
from cil.search.source import (
    NoCount,
    Question,
    QuotaExceeded,
    Rate,
    Reply,
    Source,
    Unavailable,
    quoted,
)

ENDPOINT = "https://www.googleapis.com/customsearch/v1"
DAILY = {"dailyLimitExceeded", "quotaExceeded", "dailyLimitExceededUnreg"}
THROTTLED = {"rateLimitExceeded", "userRateLimitExceeded"}


@dataclass(frozen=True)
class Keys:
    """Keys of the source google."""

    key_variable: Annotated[
        str, Key("Environment variable that holds the API key", min_length=1)
    ] = "GOOGLE_API_KEY"
    engine_variable: Annotated[
        str, Key("Environment variable that holds the id of the search engine (cx)", min_length=1)
    ] = "GOOGLE_SEARCH_ENGINE_ID"
    requests_per_second: Rate = 1


class Google:
    """Google's estimate of how many pages hold the phrase.

    The phrase is quoted, so that a name of several words counts as one; the published counts of
    2021 seem not to be ("chocolate sauce" has nearly as many as "sauce").
    """

    name = "google"

    def __init__(self, config: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        variables = {key: config[key] for key in ("key_variable", "engine_variable")}
        secrets = secrets_from(environment, variables)
        self._engine = secrets["engine_variable"]
        self._address = checked_endpoint(config["endpoint"], ENDPOINT)
        self.settings = {"endpoint": self._address}
        # In a header the key stays out of addresses, and so out of logs on the way.
        self._client = JsonClient(
            Manners.from_config(config),
            headers={"X-Goog-Api-Key": secrets["key_variable"]},
            secrets=list(secrets.values()),
            explain=_explain,
        )

    def queries(self, question: Question) -> tuple[str, ...]:
        """The quoted name, with a context both quoted."""
        return (quoted(question),)

    def ask(self, query: str) -> Reply:
        """The estimated number of results."""
        parameters = {
            "cx": self._engine,
            "q": query,
            "num": 1,
            "fields": "searchInformation(totalResults)",
        }
        return Reply(*self._client.fetch("GET", self._address, _read, params=parameters))


def _read(payload: Mapping[str, Any]) -> float:
    total = at(payload, "searchInformation", "totalResults")
    if not isinstance(total, str) or not total.isascii() or not total.lstrip("-").isdigit():
        raise NoCount(f"totalResults is {total!r}; expected a text of digits")
    return usable_count(int(total))


def _explain(status: int, payload: Any) -> None:
    """What Google's error body says; an error without one is left to the general rules."""
    error = payload.get("error") if isinstance(payload, dict) else None
    if not isinstance(error, dict):
        return
    message = str(error.get("message", ""))
    reasons = {
        str(each.get("reason")) for each in error.get("errors") or [] if isinstance(each, dict)
    }
    if reasons & DAILY or (status == 429 and "per day" in message):
        raise QuotaExceeded("Google's quota for today is used up", next_renewal(datetime.now(UTC)))
    if reasons & THROTTLED or status == 429:
        raise Unavailable(f"Google says: {message}", throttled=True)
    if status == 403 or (status == 400 and "API key" in message):
        raise UserError(f"Google refuses the key or the search engine: {message}")


def next_renewal(now: datetime) -> datetime:
    """When Google's daily quotas are renewed next, at midnight in California.

    Given as 08:00 UTC, which is right in winter and an hour late in summer.
    """
    renewal = now.replace(hour=8, minute=0, second=0, microsecond=0)
    return renewal if renewal > now else renewal + timedelta(days=1)


SOURCE = Source(
    lambda config, environment, files: Google(config, environment),
    summary="Custom Search (closed to new customers, ends 2027-01-01)",
    costs="paid",
    unit="Google results",
    keys=Keys,
)
