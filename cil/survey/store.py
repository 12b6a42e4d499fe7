"""Where votes are kept: a log in a database, to which rows are only ever added.

Further logs keep which classes a voter skipped, or saw on a list and left open, and which pages a
voter took back.

SQLite in write-ahead mode by default, PostgreSQL by its URL. A change of mind is a new row; the
latest counts. The database itself refuses to change or delete a vote. A vote is acknowledged
after its transaction is on disk, so it survives SIGKILL and the loss of power. Pages that are
sent at the same time share one transaction, so that they wait for the disk once.
"""

import hashlib
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from cil.errors import UserError
from cil.hierarchy import Hierarchy
from cil.survey import schema
from cil.survey.copying import copy
from cil.survey.database import open_database, shown, url_of
from cil.survey.group_commit import GroupCommit
from cil.survey.schema import NAME_LENGTH
from cil.votes.table import in_utc

# PostgreSQL numbers rows before they are committed. One writer at a time keeps the order of
# numbers that of commits, so that who reads on from a number misses nothing.
_ONE_WRITER = sa.text("SELECT pg_advisory_xact_lock(20260131)")


@dataclass(frozen=True)
class Voter:
    """Somebody with a personal link."""

    id: str
    name: str
    simulated: bool = False
    invited_at: str = ""
    revoked_at: str | None = None


@dataclass(frozen=True)
class Vote:
    """One row of the log; `number` counts rows, and is 0 for a vote that isn't stored yet."""

    voter: str
    wnid: str
    label: str
    label_wnid: str | None
    kind: str
    cast_at: str = ""
    cast_on: str = ""
    page: str = ""
    number: int = 0

    @property
    def page_id(self) -> str:
        """The page it was given on; before pages had ids, they were told apart by their times."""
        return self.page or f"at {self.cast_at}"


@dataclass(frozen=True)
class Pass:
    """A class that a voter was shown and left for later; `how`: `skip`, or seen on a `list`."""

    voter: str
    wnid: str
    how: str
    passed_at: str = ""
    page: str = ""
    number: int = 0


@dataclass(frozen=True)
class Undo:
    """A page that a voter took back: nothing that was given there counts any more."""

    voter: str
    page: str
    undone_at: str = ""
    number: int = 0


_TABLES = {Vote: schema.votes, Pass: schema.passes, Undo: schema.undone}


class Store:
    """The votes, the voters and the secret of one survey.

    Args:
        url: a database URL, or the path of an SQLite file.
        create: whether a database that isn't there is made.

    Raises UserError if the database cannot be opened, or isn't there.
    """

    def __init__(self, url: str, create: bool = False) -> None:
        self.url = url_of(url)
        self._lock = threading.Lock()
        self._queue = GroupCommit(self._append)
        self._engine = open_database(self.url, create)
        self._sqlite = self._engine.dialect.name == "sqlite"
        self.secret = bytes.fromhex(self._fact("secret", secrets.token_hex(32)))

    @property
    def address(self) -> str:
        """The database's URL, fit to be shown: without a password."""
        return shown(self.url)

    def bind(self, hierarchy: Hierarchy) -> None:
        """Tie the survey to the classes of `hierarchy`; UserError if it is tied to others."""
        mark = hashlib.sha256(" ".join(sorted(hierarchy.classes)).encode()).hexdigest()
        if self._fact("classes", mark) != mark:
            raise UserError(
                f"survey database {self.address}: it belongs to a survey of other "
                "classes than this experiment's; give another --database, or the right --experiment"
            )

    def _fact(self, name: str, value: str) -> str:
        """The fact called `name`; `value` becomes it if there is none."""
        query = sa.select(schema.facts.c.value).where(schema.facts.c.name == name)
        with self._writing() as connection:
            found = connection.execute(query).scalar()
            if found is None:
                connection.execute(schema.facts.insert().values(name=name, value=value))
        return value if found is None else found

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """A transaction in which nobody else writes: threads queue here, processes in the database.

        Whatever becomes of it, even if it cannot begin, the next thread gets its turn.
        """
        with self._lock, self._engine.begin() as connection:
            connection.execute(sa.text("BEGIN IMMEDIATE") if self._sqlite else _ONE_WRITER)
            yield connection

    def invite(self, name: str, voter: str | None = None, simulated: bool = False) -> Voter:
        """Add a voter; `voter` is its id, made at random unless given. UserError if taken."""
        invited = Voter(voter or secrets.token_hex(6), name[:NAME_LENGTH], simulated, now())
        with self._writing() as connection:
            taken = connection.execute(
                sa.select(schema.voters.c.id).where(schema.voters.c.id == invited.id)
            ).scalar()
            if taken:
                raise UserError(f"voter {invited.id}: there is one of that id already")
            connection.execute(schema.voters.insert().values(**vars(invited)))
        return invited

    def revoke(self, voter: str, revoked: bool = True) -> None:
        """Make a voter's link useless, or useful again; the votes stay."""
        with self._writing() as connection:
            connection.execute(
                schema.voters.update()
                .where(schema.voters.c.id == voter)
                .values(revoked_at=now() if revoked else None)
            )

    def voters(self) -> list[Voter]:
        """All voters, revoked ones too, in the order of their invitation."""
        table = schema.voters
        query = sa.select(table).order_by(table.c.invited_at, table.c.id)
        with self._engine.connect() as connection:
            return [Voter(**row) for row in connection.execute(query).mappings()]

    def voter(self, voter: str) -> Voter | None:
        """The voter of that id, or None."""
        query = sa.select(schema.voters).where(schema.voters.c.id == voter)
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return Voter(**row) if row else None

    def add(self, rows: Sequence[Vote | Pass | Undo]) -> None:
        """Append to the logs, all or none; the rows are on disk when this returns."""
        if rows:
            self._queue.add(list(rows))

    def _append(self, rows: Sequence[Vote | Pass | Undo]) -> None:
        with self._writing() as connection:
            for kind, table in _TABLES.items():
                some = [vars(row) for row in rows if isinstance(row, kind)]
                if some:
                    fields = some[0].keys() - {"number"}
                    connection.execute(
                        table.insert(), [{name: row[name] for name in fields} for row in some]
                    )

    def since(self, number: int) -> list[Vote]:
        """The votes with a greater number, in order; times of old imports as those of today."""
        return [replace(vote, cast_at=in_utc(vote.cast_at)) for vote in self._since(Vote, number)]

    def passes_since(self, number: int) -> list[Pass]:
        """The passes with a greater number, in order."""
        return self._since(Pass, number)

    def undone_since(self, number: int) -> list[Undo]:
        """The undone pages with a greater number, in order."""
        return self._since(Undo, number)

    def _since(self, kind: type, number: int) -> list:
        table = _TABLES[kind]
        query = sa.select(table).where(table.c.number > number).order_by(table.c.number)
        with self._engine.connect() as connection:
            return [kind(**row) for row in connection.execute(query).mappings()]

    def close(self) -> None:
        """Let go of the database: all that SQLite keeps beside its file goes into it."""
        if self._sqlite:
            with self._engine.connect() as connection:
                connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
        self._engine.dispose()

    def copy(self, target: str) -> dict[str, int]:
        """Copy the whole survey, as it is at one moment, into a new database; rows by table."""
        return copy(self._engine, target)


def now(after: str = "") -> str:
    """The time in ISO 8601 to the microsecond, in UTC, and later than `after`."""
    moment = datetime.now(UTC)
    if after and moment <= datetime.fromisoformat(after):
        moment = datetime.fromisoformat(after) + timedelta(microseconds=1)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
