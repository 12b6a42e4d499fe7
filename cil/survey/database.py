"""The database under a survey: an SQLite file or a PostgreSQL database.

It is made only by who asks for that: a wrong path that was taken for an empty survey would come
with a new secret, and no link would work.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from cil.errors import UserError
from cil.survey import schema


def url_of(database: str) -> str:
    """The URL of a database that is given as one, or as the path of an SQLite file."""
    return database if "://" in database else f"sqlite:///{Path(database).resolve()}"


def shown(url: str) -> str:
    """A database's URL, fit to be shown: without a password."""
    return sa.engine.make_url(url).render_as_string(hide_password=True)


def open_database(url: str, create: bool = False) -> sa.Engine:
    """The survey's database at `url`, with today's tables.

    Args:
        create: whether a database that isn't there is made.

    Raises UserError if it cannot be opened, isn't there, or holds no survey.
    """
    try:
        file = _file_of(url)
        if file and not file.exists() and create:
            _make(file)
        if file and not file.exists():
            raise UserError(
                f"survey database {file}: there is no such file; give the --database of the survey "
                "(`cil survey serve` begins a new one)"
            )
        engine = connect(url)
        if file and not schema.is_survey(engine):
            raise UserError(
                f"survey database {file}: it holds no survey. A file that was copied from a "
                "running server lacks what lies in the file of the same name with -wal: copy that "
                "too, or make copies by `cil survey backup`"
            )
        if not create and not schema.is_survey(engine):
            raise UserError(
                f"survey database {shown(url)}: it holds no survey; give the right one "
                "(`cil survey serve` begins a new one)"
            )
        schema.prepare(engine)
        return engine
    except (SQLAlchemyError, ImportError) as error:
        raise _unusable(url, error) from None


@contextmanager
def new_database(url: str) -> Iterator[sa.Engine]:
    """A new database with empty tables, to be filled; an SQLite file appears once it is whole.

    Raises UserError if there is one already, or if it cannot be made.
    """
    file = _file_of(url)
    if file and file.exists():
        raise UserError(f"{file}: there is such a file already; choose another name")
    try:
        if file:
            with _whole(file) as engine:
                yield engine
            return
        engine = connect(url)
        if schema.is_survey(engine):
            raise UserError(f"{shown(url)}: it holds a survey already; give an empty database")
        schema.prepare(engine)
        yield engine
        engine.dispose()
    except (SQLAlchemyError, ImportError) as error:
        raise _unusable(url, error) from None


def connect(url: str) -> sa.Engine:
    """An engine that begins no transaction by itself on SQLite."""
    # Asked before each use, as a database that was restarted has closed what is pooled.
    engine = sa.create_engine(url, pool_size=16, max_overflow=16, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _file_of(url: str) -> Path | None:
    parts = sa.engine.make_url(url)
    return Path(parts.database) if parts.get_backend_name() == "sqlite" and parts.database else None


@contextmanager
def _whole(file: Path) -> Iterator[sa.Engine]:
    """A database beside `file` that takes its name at the end, or vanishes after an error.

    Raises FileExistsError if the name is taken meanwhile.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # The folder is nobody else's: the database holds the secret that links are made from.
        with tempfile.TemporaryDirectory(prefix=f".{file.name}-", dir=file.parent) as folder:
            part = Path(folder) / file.name
            part.touch(mode=0o600)
            engine = connect(f"sqlite:///{part}")
            try:
                schema.prepare(engine)
                yield engine
            finally:
                engine.dispose()  # the last one to leave takes the -wal into the file
            os.link(part, file)
    except FileExistsError:
        raise
    except OSError as error:
        raise UserError(f"survey database {file}: {error.strerror}; choose another file") from None


def _make(file: Path) -> None:
    try:
        with _whole(file):
            pass
    except FileExistsError:
        return  # another process was faster, and made it whole


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where the store says so
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _unusable(url: str, error: Exception) -> UserError:
    return UserError(
        f"survey database {shown(url)}: {str(error).splitlines()[0]}; give a file that can be "
        "written, or a URL such as postgresql+psycopg://user@host/name"
    )
