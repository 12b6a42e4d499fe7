"""Where votes are kept: a log in a database, to which rows are only ever added.

A second log keeps which classes a voter skipped, or saw on a list and left open.

SQLite in write-ahead mode by default, PostgreSQL by its URL. A change of mind is a new row; the
latest counts. The database itself refuses to change or delete a vote. A vote is acknowledged
after its transaction is on disk, so it survives SIGKILL and the loss of power. Pages that are
sent at the same time share one transaction, so that they wait for the disk once.
"""

import hashlib
import secrets
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from cil.errors import UserError
from cil.hierarchy import Hierarchy
from cil.survey import schema
from cil.survey.group_commit import GroupCommit
from cil.survey.schema import NAME_LENGTH
from cil.votes.table import in_utc

# PostgreSQL numbers rows before they are committed. One writer at a time keeps the order of
# numbers that of commits, so that who reads on from a number misses nothing.
_ONE_WRITER = sa.text("SELECT pg_advisory_xact_lock(20260131)")


_FIELDS = ("voter", "wnid", "label", "label_wnid", "kind", "cast_at", "cast_on")


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
    number: int = 0


@dataclass(frozen=True)
class Pass:
    """A class that a voter was shown and left for later; `how`: `skip`, or seen on a `list`."""

    voter: str
    wnid: str
    how: str
    number: int = 0


class Store:
    """The votes, the voters and the secret of one survey.

    Args:
        url: a database URL, or the path of an SQLite file, which is made if it is missing.

    Raises UserError if the database cannot be opened.
    """

    def __init__(self, url: str) -> None:
        self.url = url if "://" in url else f"sqlite:///{_made(Path(url))}"
        self._lock = threading.Lock()
        self._queue = GroupCommit(self._append)
        try:
            # Asked before each use, as a database that was restarted has closed what is pooled.
            self._engine = sa.create_engine(
                self.url, pool_size=16, max_overflow=16, pool_pre_ping=True
            )
            self._sqlite = self._engine.dialect.name == "sqlite"
            if self._sqlite:
                sa.event.listen(self._engine, "connect", _prepare_sqlite)
            schema.prepare(self._engine)
            self.secret = bytes.fromhex(self._fact("secret", secrets.token_hex(32)))
        except (SQLAlchemyError, ImportError) as error:
            raise UserError(
                f"survey database {self.address}: {str(error).splitlines()[0]}; "
                "give a file that can be written, or a URL such as "
                "postgresql+psycopg://user@host/name"
            ) from None

    @property
    def address(self) -> str:
        """The database's URL, fit to be shown: without a password."""
        return _without_password(self.url)

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

    def add(self, votes: Sequence[Vote]) -> None:
        """Append votes, all or none; they are on disk when this returns."""
        if votes:
            self._queue.add([{name: getattr(vote, name) for name in _FIELDS} for vote in votes])

    def _append(self, rows: list[dict]) -> None:
        with self._writing() as connection:
            connection.execute(schema.votes.insert(), rows)

    def since(self, number: int) -> Iterable[Vote]:
        """The votes with a greater number, in order; times of old imports as those of today."""
        table = schema.votes
        query = sa.select(table).where(table.c.number > number).order_by(table.c.number)
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings()
            return [Vote(**{**row, "cast_at": in_utc(row["cast_at"])}) for row in rows]

    def leave(self, voter: str, wnids: Iterable[str], how: str) -> None:
        """Note that a voter left classes for later; it is on disk when this returns."""
        moment = now()
        rows = [{"voter": voter, "wnid": w, "how": how, "passed_at": moment} for w in wnids]
        if rows:
            with self._writing() as connection:
                connection.execute(schema.passes.insert(), rows)

    def passes_since(self, number: int) -> Iterable[Pass]:
        """The passes with a greater number, in order."""
        log = schema.passes.c
        query = sa.select(log.voter, log.wnid, log.how, log.number).where(log.number > number)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(log.number)).mappings()
            return [Pass(**row) for row in rows]

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


def now(after: str = "") -> str:
    """The time in ISO 8601 to the microsecond, in UTC, and later than `after`."""
    moment = datetime.now(UTC)
    if after and moment <= datetime.fromisoformat(after):
        moment = datetime.fromisoformat(after) + timedelta(microseconds=1)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where this module says so
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _made(path: Path) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # it holds the secret that links are made from
    except OSError as error:
        raise UserError(f"survey database {path}: {error.strerror}; choose another file") from None
    return path.resolve()


def _without_password(url: str) -> str:
    return sa.engine.make_url(url).render_as_string(hide_password=True)
