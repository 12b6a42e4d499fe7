"""What a source of counts offers, and how a request to one can fail.

A source is one file under cil/search/sources/: a *lookup* that answers at once from a file, a
*service* that is asked over the network, or a *queued service* that takes work in batches and
hands the answers out later. `SOURCE` there says what it is, how it is opened, and what keys of the
configuration it has; nothing else has to know of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol, runtime_checkable

from cil.configuration.keys import Key

# The key of every service; each has a default of its own.
Rate = Annotated[float, Key("Upper limit of the request rate; 0 for none", minimum=0, maximum=1000)]


@dataclass(frozen=True)
class Reply:
    """One answer: a count of at least 0, and the service's own words without any secret."""

    count: float
    raw: str


@dataclass(frozen=True)
class Question:
    """What is to be counted: a name, optionally near a word of its parent synset."""

    name: str
    context: str = ""


def quoted(question: Question) -> str:
    """The question as search engines take it: each part a phrase in quotes.

    Quotes and backslashes within a name would end the phrase or change its meaning.
    """
    parts = (question.name, question.context)
    plain = (" ".join(part.replace('"', " ").replace("\\", " ").split()) for part in parts)
    return " ".join(f'"{part}"' for part in plain if part)


class Lookup(Protocol):
    """A source that needs no network.

    `released` says when its counts were taken, as an ISO 8601 date of the precision known: the
    answers are as old as the data, not as the run.
    """

    name: str
    released: str

    def count(self, name: str) -> float | None:
        """The count of a name; None if the source says nothing about it."""
        ...


@runtime_checkable
class Service(Protocol):
    """A source that is asked over the network, one query at a time.

    `settings` is all that an answer depends on beside its query (address, index, language);
    it is kept with every answer and holds no secret.
    """

    name: str
    settings: dict[str, Any]

    def queries(self, question: Question) -> tuple[str, ...]:
        """The exact queries whose counts add up to the count of the question."""
        ...

    def ask(self, query: str) -> Reply:
        """The answer to one query, after the client's retries.

        Raises NoCount, Unavailable, QuotaExceeded, or UserError where a person must act.
        """
        ...


@runtime_checkable
class QueuedService(Protocol):
    """A service that takes queries in batches and is asked for the answers later.

    A *ticket* is the service's own name for one accepted query.
    """

    name: str
    settings: dict[str, Any]
    batch_size: int
    poll_seconds: float

    def queries(self, question: Question) -> tuple[str, ...]:
        """As in Service."""
        ...

    def submit(self, queries: Sequence[str]) -> "list[str | NoCount]":
        """Hand in at most `batch_size` queries: for each its ticket, or why it was refused."""
        ...

    def collect(self, ticket: str) -> Reply | None:
        """The answer behind a ticket; None while it is still being worked on.

        Raises NoCount if the ticket will never bring a usable answer.
        """
        ...


@dataclass(frozen=True)
class Source:
    """What the configuration and its readers need to know of a source.

    Attributes:
        open: opens it, from what the configuration says, the environment, in which keys are, and
            the paths of `files`. Raises UserError if something is missing; it asks nothing yet.
        summary: a phrase for the configuration's reference.
        costs: whether it needs no network, is a free service, or a paid one.
        unit: what its counts count, for the axis of a figure.
        keys: a dataclass whose fields are the keys of its section `search.<name>`.
        required: those that must not be empty where it is the source.
        files: what it reads, from resources/ on.
    """

    open: Callable[
        [Mapping[str, Any], Mapping[str, str], Mapping[str, str]],
        "Lookup | Service | QueuedService",
    ]
    summary: str
    costs: Literal["offline", "free", "paid"]
    unit: str
    keys: type | None = None
    required: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_service(self) -> bool:
        """Whether it is asked over the network."""
        return self.costs != "offline"


class NoCount(Exception):
    """The service answered, but not with a usable count; asking again would not help."""


@dataclass
class Unavailable(Exception):
    """The service could not answer now: broken connection, time-out, 5xx, 429, nonsense.

    Attributes:
        reason: one line without secrets.
        retry_after: seconds that the service asks to wait, if it said so.
        throttled: the service said that it is asked too often.
    """

    reason: str
    retry_after: float | None = None
    throttled: bool = False

    def __str__(self) -> str:
        return self.reason


@dataclass
class QuotaExceeded(Exception):
    """The service will not answer more for now.

    Attributes:
        reason: one line without secrets.
        again_at: when it will, where that is known.
    """

    reason: str
    again_at: datetime | None = None

    def __str__(self) -> str:
        return self.reason
