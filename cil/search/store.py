"""Where the answers of a service are kept: one SQLite file per source, for all experiments."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cil.errors import UserError
from cil.search.source import Question, Reply

VERSION = 1
BUSY_SECONDS = 60

_TABLES = """
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    context TEXT NOT NULL,
    query TEXT NOT NULL,
    settings TEXT NOT NULL,
    count REAL NOT NULL CHECK (count >= 0),
    raw TEXT NOT NULL,
    asked_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_by_query ON answers (settings, query, asked_at);
CREATE TABLE IF NOT EXISTS tickets (
    ticket TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    context TEXT NOT NULL,
    query TEXT NOT NULL,
    settings TEXT NOT NULL,
    submitted_at TEXT NOT NULL
);
"""


@dataclass(frozen=True)
class Task:
    """One query to be asked for the sake of one question."""

    question: Question
    query: str


@dataclass(frozen=True)
class Answer:
    """A kept count and when it was asked for (ISO 8601, UTC)."""

    count: float
    asked_at: str


class AnswerStore(AbstractContextManager):
    """The kept answers of one source under one set of settings.

    Every answer is on disk when `keep` returns, and survives the death of the process.
    Several processes may read and write at once.

    Args:
        path: the SQLite file; made if it is missing.
        settings: what answers depend on beside their query; others are not seen.
    """

    def __init__(self, path: str | Path, settings: Mapping[str, Any]) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._settings = json.dumps(settings, sort_keys=True, ensure_ascii=False)
        try:
            self._connection = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            # With a write-ahead log this outlives a killed process; only a power cut could
            # take the last answers, and never the file.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._check_version()
            self._connection.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            raise UserError(
                f"{self.path}: not a usable store of answers ({error}); move it away and run again"
            ) from None

    def _check_version(self) -> None:
        (found,) = self._connection.execute("PRAGMA user_version").fetchone()
        if found not in (0, VERSION):
            raise UserError(
                f"{self.path}: a store of version {found}, this program knows {VERSION}; move it "
                "away to begin anew"
            )
        self._connection.execute(f"PRAGMA user_version = {VERSION}")

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def answers(self, since: datetime | None = None) -> dict[str, list[Answer]]:
        """All answers, or those not asked before `since`, by query, oldest first."""
        kept: dict[str, list[Answer]] = defaultdict(list)
        for query, count, asked_at in self._connection.execute(
            "SELECT query, count, asked_at FROM answers WHERE settings = ? AND asked_at >= ?"
            " ORDER BY asked_at, id",
            (self._settings, timestamp(since) if since else ""),
        ):
            kept[query].append(Answer(count, asked_at))
        return kept

    def keep(self, task: Task, reply: Reply, asked_at: datetime) -> Answer:
        """Keep one answer."""
        answer = Answer(reply.count, timestamp(asked_at))
        self._connection.execute(
            "INSERT INTO answers (name, context, query, settings, count, raw, asked_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*self._key(task), reply.count, reply.raw, answer.asked_at),
        )
        return answer

    def _key(self, task: Task) -> tuple[str, str, str, str]:
        return task.question.name, task.question.context, task.query, self._settings

    def keep_tickets(self, tickets: Iterable[tuple[str, Task]], submitted_at: datetime) -> None:
        """Keep what a queued service gave for the tasks it accepted, all or none."""
        rows = [(ticket, *self._key(task), timestamp(submitted_at)) for ticket, task in tickets]
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT INTO tickets VALUES (?, ?, ?, ?, ?, ?)", rows)
        self._connection.execute("COMMIT")

    def tickets(self) -> list[tuple[str, Task]]:
        """The tickets whose answers were not collected yet, oldest first."""
        rows = self._connection.execute(
            "SELECT ticket, name, context, query FROM tickets WHERE settings = ?"
            " ORDER BY submitted_at, rowid",
            (self._settings,),
        )
        return [
            (ticket, Task(Question(name, context), query)) for ticket, name, context, query in rows
        ]

    def redeem(self, ticket: str, task: Task, reply: Reply, asked_at: datetime) -> Answer:
        """Keep the answer behind a ticket in place of the ticket, both or neither."""
        self._connection.execute("BEGIN IMMEDIATE")
        answer = self.keep(task, reply, asked_at)
        self.drop(ticket)
        self._connection.execute("COMMIT")
        return answer

    def drop(self, ticket: str) -> None:
        """Forget a ticket that will never bring an answer."""
        self._connection.execute("DELETE FROM tickets WHERE ticket = ?", (ticket,))


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC to the millisecond: sorts as text as it does in time."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
