"""Asking a service for the counts of many names: once each, stoppable at any moment."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from filelock import FileLock, Timeout
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from cil.errors import UserError
from cil.search.asking import Progress, Stopped, Terms, ask_each, ask_queue
from cil.search.source import Question, QueuedService, QuotaExceeded, Service
from cil.search.store import Answer, AnswerStore, Task

logger = logging.getLogger(__name__)

EXAMPLES = 5


@dataclass(frozen=True)
class Counted:
    """What is known about one question: the queries, their counts' sum, and the last answer's time.

    `count` and `asked_at` are None if the service failed on it.
    """

    query: str
    count: float | None
    asked_at: str | None


def crawl(
    service: Service | QueuedService,
    questions: Iterable[Question],
    path: str | Path,
    terms: Terms,
) -> dict[Question, Counted]:
    """The counts of all `questions`: from the store at `path` where it has them, else asked for.

    Every answer is kept in the store at once, so that a crawl that was stopped, by whatever,
    goes on where it was. One crawl at a time works on a store; a second one waits and then
    finds most of what it wants. Raises UserError, after keeping all there is, when a quota is
    used up, when the service is down, and when more than `max_failures` questions have no
    answer.
    """
    queries = {question: service.queries(question) for question in dict.fromkeys(questions)}
    tasks = {query: Task(question, query) for question in queries for query in queries[question]}
    with _alone(Path(path)), AnswerStore(path, service.settings) as store:
        known = store.answers(_oldest(terms.max_age_days))
        total = len(tasks) * terms.repeats
        needed = sum(max(0, terms.repeats - len(known.get(query, []))) for query in tasks)
        logger.info("%s: %d answers wanted, %d to ask for", service.name, total, needed)
        bar = tqdm(
            total=total, initial=total - needed, desc=service.name, unit="query", disable=None
        )
        with logging_redirect_tqdm(), bar:
            progress = Progress(terms, store, known, bar)
            try:
                if isinstance(service, QueuedService):
                    ask_queue(service, list(tasks.values()), progress)
                else:
                    ask_each(service, list(tasks.values()), progress)
            except (Stopped, QuotaExceeded) as stop:
                raise UserError(_stop_message(service.name, stop, queries, progress)) from None
    counted = {question: _counted(queries[question], known, terms.repeats) for question in queries}
    _check_failures(service.name, counted, progress, terms.max_failures)
    return counted


def _oldest(max_age_days: float) -> datetime | None:
    return datetime.now(UTC) - timedelta(days=max_age_days) if max_age_days else None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock beside the store; the system lets go of it when the process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{path}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        logger.info("another run is filling %s; waiting for it", path)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _counted(queries: tuple[str, ...], known: Mapping[str, list[Answer]], repeats: int) -> Counted:
    """The sum over the queries of the median of their first `repeats` answers."""
    text = " | ".join(queries)
    answers = [known.get(query, [])[:repeats] for query in queries]
    if any(len(each) < repeats for each in answers):
        return Counted(text, None, None)
    return Counted(
        text,
        float(sum(median(answer.count for answer in each) for each in answers)),
        max(answer.asked_at for each in answers for answer in each),
    )


def _stop_message(
    name: str,
    stop: Stopped | QuotaExceeded,
    queries: Mapping[Question, tuple[str, ...]],
    progress: Progress,
) -> str:
    left = sum(any(map(progress.needed, each)) for each in queries.values())
    if isinstance(stop, Stopped):
        again = stop.again
    elif stop.again_at:
        again = f"run again after {stop.again_at:%Y-%m-%d %H:%M} UTC"
    else:
        again = "run again when the quota is renewed"
    return (
        f"{name}: {stop.reason}. {left} of {len(queries)} names are left; all answers so far are "
        f"kept in {progress.store.path}; {again}"
    )


def _check_failures(
    name: str, counted: Mapping[Question, Counted], progress: Progress, allowed: int
) -> None:
    failed = [question.name for question, each in counted.items() if each.count is None]
    if not failed:
        return
    examples = "; ".join(
        f"{query}: {reason}" for query, reason in list(progress.failed.items())[:EXAMPLES]
    )
    message = f"{name}: {len(failed)} of {len(counted)} names have no count ({examples})"
    if len(failed) > allowed:
        raise UserError(
            f"{message}. All others are kept in {progress.store.path}; run again to ask for these "
            f"once more, or let them stay without a count by search.max_failures: {len(failed)}"
        )
    logger.warning("%s; allowed by search.max_failures", message)
