"""The tables of a survey's database, and what keeps its logs append-only."""

import sqlalchemy as sa

from cil.errors import UserError
from cil.votes.table import LABEL_LENGTH

NAME_LENGTH = 60  # characters of a voter's name

metadata = sa.MetaData()


def _numbered() -> sa.Column:
    """A primary key that counts the rows of a log."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("number", number, primary_key=True, autoincrement=True)


voters = sa.Table(
    "voters",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(NAME_LENGTH), nullable=False),
    sa.Column("simulated", sa.Boolean, nullable=False),
    sa.Column("invited_at", sa.String(32), nullable=False),
    sa.Column("revoked_at", sa.String(32)),
)

votes = sa.Table(
    "votes",
    metadata,
    _numbered(),
    sa.Column("voter", sa.ForeignKey("voters.id"), nullable=False),
    sa.Column("wnid", sa.String(9), nullable=False),
    sa.Column("label", sa.String(LABEL_LENGTH), nullable=False),
    sa.Column("label_wnid", sa.String(9)),
    sa.Column("kind", sa.String(9), nullable=False),
    sa.Column("cast_at", sa.String(32), nullable=False),
    sa.Column("cast_on", sa.String(9), nullable=False, server_default=""),
    sa.Column("page", sa.String(40), nullable=False, server_default=""),
    sqlite_autoincrement=True,
)

# Classes that a voter was shown and left for later: what was skipped, and what was on a list.
passes = sa.Table(
    "passes",
    metadata,
    _numbered(),
    sa.Column("voter", sa.ForeignKey("voters.id"), nullable=False),
    sa.Column("wnid", sa.String(9), nullable=False),
    sa.Column("how", sa.String(9), nullable=False),
    sa.Column("passed_at", sa.String(32), nullable=False),
    sa.Column("page", sa.String(40), nullable=False, server_default=""),
    sqlite_autoincrement=True,
)

# Pages that a voter took back: what was answered or passed there does not count.
undone = sa.Table(
    "undone",
    metadata,
    _numbered(),
    sa.Column("voter", sa.ForeignKey("voters.id"), nullable=False),
    sa.Column("page", sa.String(40), nullable=False),
    sa.Column("undone_at", sa.String(32), nullable=False),
    sqlite_autoincrement=True,
)

facts = sa.Table(
    "facts",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.String(200), nullable=False),
)

VERSION = 2  # of these tables; a database without this fact is of version 1
LOGS = ("votes", "passes", "undone")
_ADDED = {  # columns that earlier versions lacked
    "votes": {
        "cast_on": "VARCHAR(9) DEFAULT '' NOT NULL",
        "page": "VARCHAR(40) DEFAULT '' NOT NULL",
    },
    "passes": {"page": "VARCHAR(40) DEFAULT '' NOT NULL"},
}
_VERBS = {"sqlite": ("UPDATE", "DELETE"), "postgresql": ("UPDATE", "DELETE", "TRUNCATE")}
_APPEND_ONLY = {
    "sqlite": [
        "CREATE TRIGGER IF NOT EXISTS {log}_no_{verb} BEFORE {verb} ON {log} "
        "BEGIN SELECT RAISE(ABORT, '{log} are only ever added'); END"
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION {log}_only_added() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '{log} are only ever added'; END $$",
        "CREATE OR REPLACE TRIGGER {log}_no_{verb} BEFORE {verb} ON {log} "
        "EXECUTE FUNCTION {log}_only_added()",
    ],
}


def is_survey(engine: sa.Engine) -> bool:
    """Whether a database has the tables of a survey."""
    return sa.inspect(engine).has_table("facts") and sa.inspect(engine).has_table("votes")


def prepare(engine: sa.Engine) -> None:
    """Make what is missing: tables, triggers, and columns that earlier versions lacked.

    Raises UserError, and changes nothing, if a later version made the database.
    """
    if is_survey(engine):
        _refuse_later(engine)
    metadata.create_all(engine)
    with engine.begin() as connection:
        for table, added in _ADDED.items():
            there = {column["name"] for column in sa.inspect(connection).get_columns(table)}
            for column in added.keys() - there:
                kind = added[column]
                connection.execute(sa.text(f"ALTER TABLE {table} ADD COLUMN {column} {kind}"))
        for log in LOGS:
            for verb in _VERBS.get(engine.dialect.name, ()):
                for statement in _APPEND_ONLY[engine.dialect.name]:
                    connection.execute(sa.text(statement.format(log=log, verb=verb)))
        version = facts.c.name == "version"
        if connection.execute(sa.select(facts.c.value).where(version)).scalar() != str(VERSION):
            connection.execute(facts.delete().where(version))
            connection.execute(facts.insert().values(name="version", value=str(VERSION)))


def _refuse_later(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        query = sa.select(facts.c.value).where(facts.c.name == "version")
        version = int(connection.execute(query).scalar() or 1)
    if version > VERSION:
        raise UserError(
            f"survey database {engine.url.render_as_string(hide_password=True)}: its tables are of "
            f"version {version}, but this program knows up to {VERSION}; use a newer one"
        )
