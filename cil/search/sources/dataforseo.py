"""Counts from DataForSEO, which asks Google for its paying customers.

Two ways: `queue` takes batches of 100 and has answers after minutes, `live` answers one by one
at about three times the price.
API: https://docs.dataforseo.com/v3/serp/google/organic/overview/, status codes:
https://docs.dataforseo.com/v3/appendix/errors/
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

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

ENDPOINT = "https://api.dataforseo.com"
ORGANIC = "/v3/serp/google/organic"
BATCH = 100  # the most tasks that one call may hand in

DONE, CREATED = 20000, 20100
NO_RESULTS = 40102
NOT_READY = {40601, 40602}
OUT_OF_MONEY = {40200, 40201, 40203, 40210}
THROTTLED = {40202, 40209}
REFUSED = {40100, 40104, 40204, 40207}
PASSING = {40103}  # and 50000 and above


@dataclass(frozen=True)
class Keys:
    """Keys of the source dataforseo."""

    mode: Annotated[
        Literal["queue", "live"],
        Key("queue - cheap, in batches of 100, minutes; live - dearer, one by one, seconds"),
    ] = "queue"
    login_variable: Annotated[
        str, Key("Environment variable that holds the login", min_length=1)
    ] = "DATAFORSEO_LOGIN"
    password_variable: Annotated[
        str, Key("Environment variable that holds the password", min_length=1)
    ] = "DATAFORSEO_PASSWORD"
    location_code: Annotated[
        int,
        Key(
            "DataForSEO's number of the place to search from; 2840 is the United States", minimum=1
        ),
    ] = 2840
    language_code: Annotated[str, Key("Language of the search", min_length=2)] = "en"
    poll_seconds: Annotated[
        float, Key("queue: pause between two looks at tasks that are still worked on", 0, 3600)
    ] = 20
    requests_per_second: Rate = 20


class _DataForSeo:
    """What both ways share: the login, the task, the codes."""

    name = "dataforseo"

    def __init__(self, config: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        variables = {key: config[key] for key in ("login_variable", "password_variable")}
        secrets = secrets_from(environment, variables)
        self._address = checked_endpoint(config["endpoint"], ENDPOINT) + ORGANIC
        self._place = {key: config[key] for key in ("location_code", "language_code")}
        self.settings = {"endpoint": self._address, **self._place}
        self._client = JsonClient(
            Manners.from_config(config),
            auth=(secrets["login_variable"], secrets["password_variable"]),
            secrets=list(secrets.values()),
        )

    def queries(self, question: Question) -> tuple[str, ...]:
        """The quoted name, with a context both quoted."""
        return (quoted(question),)

    def _task(self, query: str) -> dict[str, Any]:
        # The service decodes %xx and takes + for a space.
        keyword = query.replace("%", "%25").replace("+", "%2B")
        return {"keyword": keyword, "depth": 10, **self._place}


class DataForSeoLive(_DataForSeo):
    """Google's estimate of how many pages hold the phrase, asked one by one."""

    def ask(self, query: str) -> Reply:
        """The estimate, after some seconds."""
        return Reply(
            *self._client.fetch(
                "POST", f"{self._address}/live/regular", _read_count, json=[self._task(query)]
            )
        )


class DataForSeoQueue(_DataForSeo):
    """Google's estimate of how many pages hold the phrase, through the queue."""

    batch_size = BATCH

    def __init__(self, config: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        super().__init__(config, environment)
        self.poll_seconds = config["poll_seconds"]

    def submit(self, queries: Sequence[str]) -> list[str | NoCount]:
        """Hand in up to 100 tasks; for each its id, or why it was refused."""
        tasks = [self._task(query) | {"tag": str(tag)} for tag, query in enumerate(queries)]
        by_tag, _ = self._client.fetch("POST", f"{self._address}/task_post", _read_ids, json=tasks)
        lost = NoCount("DataForSEO's reply does not mention the task")
        return [by_tag.get(str(tag), lost) for tag in range(len(queries))]

    def collect(self, ticket: str) -> Reply | None:
        """The estimate; None while the task is in the queue or being worked on."""
        count, raw = self._client.fetch(
            "GET", f"{self._address}/task_get/regular/{ticket}", _read_collected
        )
        return None if count is None else Reply(count, raw)


def _read_ids(payload: Mapping[str, Any]) -> dict[str, str | NoCount]:
    """The id of each task by its tag, or why the task was refused."""
    _check(payload)
    outcomes: dict[str, str | NoCount] = {}
    for position, task in enumerate(at(payload, "tasks")):
        tag = str(at(task, "data").get("tag", position))
        if at(task, "status_code") == CREATED:
            outcomes[tag] = str(at(task, "id"))
        else:
            try:
                _check(task)
            except (NoCount, QuotaExceeded, Unavailable, UserError) as refusal:
                # For this task alone: the others are accepted, and paid for.
                outcomes[tag] = NoCount(str(refusal))
    return outcomes


def _read_collected(payload: Mapping[str, Any]) -> float | None:
    _check(payload)
    return None if at(payload, "tasks", 0, "status_code") in NOT_READY else _read_count(payload)


def _read_count(payload: Mapping[str, Any]) -> float:
    _check(payload)
    task = at(payload, "tasks", 0)
    if at(task, "status_code") == NO_RESULTS:
        return 0.0
    _check(task)
    return usable_count(at(task, "result", 0, "se_results_count"))


def _check(part: Mapping[str, Any]) -> None:
    """Raise what the status code of a reply, or of a task in it, means."""
    code = at(part, "status_code")
    if code in (DONE, CREATED):
        return
    message = f"DataForSEO says {code}: {part.get('status_message', '')}"
    if code in OUT_OF_MONEY:
        raise QuotaExceeded(message)
    if code in REFUSED:
        raise UserError(f"{message}; check the login and password, and the account")
    if code in THROTTLED:
        raise Unavailable(message, throttled=True)
    if code in PASSING or (isinstance(code, int) and code >= 50000):
        raise Unavailable(message)
    raise NoCount(message)


def _open(
    config: Mapping[str, Any], environment: Mapping[str, str], _: Mapping[str, str]
) -> DataForSeoLive | DataForSeoQueue:
    live = config["mode"] == "live"
    return (DataForSeoLive if live else DataForSeoQueue)(config, environment)


SOURCE = Source(
    _open,
    summary="Google's result counts through DataForSEO",
    costs="paid",
    unit="Google results",
    keys=Keys,
)
