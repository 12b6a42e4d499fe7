"""The tables of a survey's database, and what keeps its logs append-only."""

import sqlalchemy as sa

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
    sqlite_autoincrement=True,
)

facts = sa.Table(
    "facts",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.String(200), nullable=False),
)

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


def prepare(engine: sa.Engine) -> None:
    """Make what is missing: tables, triggers, and the column that the first surveys lacked."""
    metadata.create_all(engine)
    with engine.begin() as connection:
        columns = {column["name"] for column in sa.inspect(connection).get_columns("votes")}
        if "cast_on" not in columns:
            connection.execute(
                sa.text("ALTER TABLE votes ADD COLUMN cast_on VARCHAR(9) DEFAULT '' NOT NULL")
            )
        for log in ("votes", "passes"):
            for verb in ("UPDATE", "DELETE"):
                for statement in _APPEND_ONLY.get(engine.dialect.name, []):
                    connection.execute(sa.text(statement.format(log=log, verb=verb)))
