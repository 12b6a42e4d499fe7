"""A survey's database copied whole: a backup while the server runs, a move to another server."""

import sqlalchemy as sa

from cil.survey import schema
from cil.survey.database import new_database, url_of

_ROWS = 5_000  # at a time


def copy(source: sa.Engine, target: str) -> dict[str, int]:
    """Copy all tables, as they are at one moment, into a new database; rows by table.

    People, links, votes with their history, skips, undos, revocations and the secret come along
    under their own numbers: the copy is the survey, for links and labels alike.

    Args:
        source: the database; it may be in use.
        target: a file that isn't there yet, or the URL of a database without a survey.

    Raises UserError if the target cannot be made.
    """
    copied = {}
    with new_database(url_of(target)) as engine, _snapshot(source) as reading:
        with engine.begin() as writing:
            if engine.dialect.name == "sqlite":
                writing.execute(sa.text("BEGIN IMMEDIATE"))
            writing.execute(schema.facts.delete())  # the version that its making noted
            for table in schema.metadata.sorted_tables:
                copied[table.name] = _copy_table(table, reading, writing)
        engine.dispose()
    return copied


def _snapshot(source: sa.Engine) -> sa.Connection:
    """A connection whose reads all see one moment."""
    if source.dialect.name == "sqlite":
        connection = source.connect()
        connection.execute(sa.text("BEGIN"))
        return connection
    return source.connect().execution_options(isolation_level="REPEATABLE READ")


def _copy_table(table: sa.Table, reading: sa.Connection, writing: sa.Connection) -> int:
    rows = reading.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings()
    copied = 0
    for some in rows.partitions(_ROWS):
        writing.execute(table.insert(), [dict(row) for row in some])
        copied += len(some)
    if copied and "number" in table.c and writing.dialect.name == "postgresql":
        # Rows that came with numbers do not move the counter on.
        writing.execute(
            sa.text(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'number'), "
                f"(SELECT max(number) FROM {table.name}))"
            )
        )
    return copied
