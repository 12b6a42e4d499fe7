"""The asking itself: one query after the other, or in batches through a queue."""

import logging
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tqdm import tqdm

from cil.search.source import NoCount, QueuedService, Service, Unavailable
from cil.search.store import Answer, AnswerStore, Task

logger = logging.getLogger(__name__)

FAILURES_IN_A_ROW = 10  # then the service is down or has changed, and asking on is of no use
GIVE_UP_SECONDS = 3600.0  # without any answer from a queue
UNREADY_IN_A_ROW = 10  # tasks are worked on in about their order: then most others are not ready


@dataclass(frozen=True)
class Terms:
    """What a crawl is to bring.

    Attributes:
        repeats: answers per query.
        max_age_days: answers older than this do not count; 0 for no limit.
        max_failures: questions that may stay without an answer.
    """

    repeats: int = 1
    max_age_days: float = 0
    max_failures: int = 0

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Terms":
        """Taken from the keys of the same names."""
        return cls(**{key: config[key] for key in cls.__dataclass_fields__})


@dataclass
class Stopped(Exception):
    """The crawl cannot go on now; what it has is kept."""

    reason: str
    again: str = "run again when the service is well"


@dataclass
class Progress:
    """A crawl in progress.

    Attributes:
        known: the answers that count, by query.
        failed: why there is no answer, by query.
    """

    terms: Terms
    store: AnswerStore
    known: dict[str, list[Answer]]
    bar: tqdm
    failed: dict[str, str] = field(default_factory=dict)
    failures_in_a_row: int = 0

    def needed(self, query: str) -> int:
        """How many answers to a query are still missing."""
        return max(0, self.terms.repeats - len(self.known.get(query, [])))

    def succeed(self, query: str, answer: Answer) -> None:
        """Take note of an answer that is in the store."""
        self.known.setdefault(query, []).append(answer)
        self.failures_in_a_row = 0
        self.bar.update()

    def fail(self, task: Task, reason: str) -> None:
        """Take note of a failure; raises Stopped after too many in a row."""
        logger.warning("no count for %r: %s", task.query, reason)
        self.failed[task.query] = reason
        self.failures_in_a_row += 1
        self.bar.update()
        if self.failures_in_a_row >= FAILURES_IN_A_ROW:
            raise Stopped(f"{FAILURES_IN_A_ROW} failures in a row, the last: {reason}")


def ask_each(service: Service, wanted: list[Task], progress: Progress) -> None:
    """Ask for every missing answer, one after the other."""
    # Round by round, so that the answers to one query lie as far apart in time as can be.
    for rounds_left in range(progress.terms.repeats, 0, -1):
        for task in wanted:
            if progress.needed(task.query) >= rounds_left and task.query not in progress.failed:
                _ask(service, task, progress)


def _ask(service: Service, task: Task, progress: Progress) -> None:
    asked_at = datetime.now(UTC)
    try:
        reply = service.ask(task.query)
    except (NoCount, Unavailable) as error:
        progress.fail(task, str(error))
    else:
        progress.succeed(task.query, progress.store.keep(task, reply, asked_at))


def ask_queue(service: QueuedService, wanted: list[Task], progress: Progress) -> None:
    """Hand in every missing task that no ticket waits for, and collect the answers."""
    waiting = deque(_still_useful(progress, wanted))
    in_work = Counter(task.query for _, task in waiting)
    to_submit = [
        task for task in wanted for _ in range(progress.needed(task.query) - in_work[task.query])
    ]
    for start in range(0, len(to_submit), service.batch_size):
        batch = to_submit[start : start + service.batch_size]
        waiting.extend(_submit(service, batch, progress))
    _collect_all(service, waiting, progress)


def _still_useful(progress: Progress, wanted: list[Task]) -> list[tuple[str, Task]]:
    """The tickets of earlier runs that this one wants; the others are left for other runs."""
    useful = []
    open_places = Counter({task.query: progress.needed(task.query) for task in wanted})
    for ticket, task in progress.store.tickets():
        if open_places[task.query] > 0:
            open_places[task.query] -= 1
            useful.append((ticket, task))
    return useful


def _submit(
    service: QueuedService, batch: Sequence[Task], progress: Progress
) -> list[tuple[str, Task]]:
    try:
        outcomes = service.submit([task.query for task in batch])
    except (NoCount, Unavailable) as error:
        raise Stopped(str(error)) from None
    accepted = [
        (outcome, task)
        for outcome, task in zip(outcomes, batch, strict=True)
        if isinstance(outcome, str)
    ]
    progress.store.keep_tickets(accepted, datetime.now(UTC))
    for outcome, task in zip(outcomes, batch, strict=True):
        if isinstance(outcome, NoCount):
            progress.fail(task, str(outcome))
    return accepted


def _collect_all(
    service: QueuedService, waiting: deque[tuple[str, Task]], progress: Progress
) -> None:
    last_answer = time.monotonic()
    while waiting:
        before = len(waiting)
        _collect_ready(service, waiting, progress)
        if len(waiting) < before:
            last_answer = time.monotonic()
        elif time.monotonic() - last_answer > GIVE_UP_SECONDS:
            raise Stopped(
                f"the queue gave no answer for {GIVE_UP_SECONDS / 60:.0f} minutes; its "
                f"{len(waiting)} tasks stay booked",
                "run again later to collect them",
            )
        if waiting:
            time.sleep(service.poll_seconds)


def _collect_ready(
    service: QueuedService, waiting: deque[tuple[str, Task]], progress: Progress
) -> None:
    """Collect from the front of the queue on, until several in a row are not ready."""
    unready = 0
    for _ in range(len(waiting)):
        ticket, task = waiting.popleft()
        try:
            reply = service.collect(ticket)
        except NoCount as error:
            progress.store.drop(ticket)
            progress.fail(task, str(error))
            continue
        except Unavailable as error:
            raise Stopped(str(error)) from None
        if reply is None:
            waiting.append((ticket, task))
            unready += 1
            if unready == UNREADY_IN_A_ROW:
                return
            continue
        unready = 0
        answer = progress.store.redeem(ticket, task, reply, datetime.now(UTC))
        progress.succeed(task.query, answer)
