"""`cil survey`: serve the survey, invite voters, bring votes in and out."""

import argparse
import logging
import signal
from pathlib import Path
from typing import Any

from cil.arguments import refuse_unused
from cil.errors import UserError
from cil.survey import links
from cil.survey.database import shown, url_of
from cil.survey.experiment import Survey
from cil.survey.public import checked_url
from cil.survey.server import address_of, make_server
from cil.survey.store import Vote
from cil.votes.table import read_votes, write_table

logger = logging.getLogger(__name__)

HOST, PORT = "127.0.0.1", 8000
MAKING = (None, "serve", "invite", "import")  # actions that begin a survey where there is none


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `cil survey` to its parser."""
    parser.add_argument(
        "--experiment",
        default="results/default",
        help="folder of the experiment whose classes are asked about (default: %(default)s)",
    )
    parser.add_argument(
        "--database",
        default="",
        help="SQLite file, or URL of a PostgreSQL database, that holds the votes "
        "(default: surveys/<experiment>.sqlite)",
    )
    parser.add_argument(
        "--public-url",
        help="address under which people reach the survey through a proxy, with its path if it "
        "has one, such as https://example.org/survey; every link leads there",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    serve = actions.add_parser("serve", help="serve the application (the default)")
    # Suppressed, or the defaults of `serve` would take the place of what was given before it.
    for where, default in ((parser, None), (serve, argparse.SUPPRESS)):
        where.add_argument(
            "--host", default=default, help=f"address to listen on (default: {HOST})"
        )
        where.add_argument(
            "--port", type=int, default=default, help=f"port to listen on (default: {PORT})"
        )
    invite = actions.add_parser("invite", help="make personal links")
    invite.add_argument("names", nargs="+", metavar="NAME", help="whom to invite")
    export = actions.add_parser("export", help="write the votes in force to a file")
    export.add_argument("file", help="a .csv or .parquet file")
    backup = actions.add_parser(
        "backup", help="copy the whole survey to a file, also while the server runs"
    )
    backup.add_argument("file", help="the file to make; as --database it is the survey again")
    move = actions.add_parser("move", help="copy the whole survey to another database")
    move.add_argument("target", metavar="DATABASE", help="file, or URL of an empty database")
    merge = actions.add_parser(
        "import", help="add the votes of files, or of another survey's export"
    )
    merge.add_argument("files", nargs="+", metavar="FILE", help=".csv or .parquet files")


def run(arguments: argparse.Namespace) -> int:
    """Do what the arguments ask for."""
    if arguments.action not in (None, "serve"):
        refuse_unused(arguments, ("host", "port"), f"{arguments.action} serves nothing")
    public = checked_url(arguments.public_url) if arguments.public_url else ""
    create = arguments.action in MAKING
    survey = Survey.open(arguments.experiment, arguments.database, create)
    if create and not survey.store.voters():
        logger.info("a new survey without voters: %s", survey.store.address)
    match arguments.action:
        case "invite":
            for name in arguments.names:
                voter = survey.store.invite(name)
                address = f"/v/{links.token_of(survey.store.secret, voter.id)}/"
                logger.info("%s: %s%s", name, public or "http://<address of the server>", address)
        case "export":
            votes = survey.board.table()
            write_table(votes, arguments.file)
            logger.info("%s: %d votes in force", arguments.file, len(votes))
        case "backup" | "move":
            target = arguments.file if arguments.action == "backup" else arguments.target
            copied = survey.store.copy(target)
            logger.info(
                "%s: %d voters, %d votes and all else; give it as --database",
                *(shown(url_of(target)), copied["voters"], copied["votes"]),
            )
        case "import":
            added, known = import_votes(survey, arguments.files)
            logger.info("%d votes added, %d were there already", added, known)
        case _:
            port = PORT if arguments.port is None else arguments.port
            serve(survey, arguments.host or HOST, port, public)
    survey.store.close()
    return 0


def import_votes(survey: Survey, files: list[str | Path]) -> tuple[int, int]:
    """Add the votes in `files` to the log; how many were added, and how many were there.

    A voter of a file is the voter of the same id here, or else a new one. As everywhere, the
    latest vote of a voter for a class counts, wherever it was cast.
    """
    votes = read_votes(files, survey.hierarchy)
    there = {voter.id for voter in survey.store.voters()}
    for voter, rows in votes.groupby("voter"):
        if len(voter) > 64:
            raise UserError(f"voter {voter[:64]}…: an id may have up to 64 characters")
        if voter not in there:
            survey.store.invite(voter, voter=voter, simulated=bool(rows["simulated"].any()))
    have = {(v.voter, v.wnid, v.label, v.label_wnid, v.cast_at) for v in survey.store.since(0)}
    new = [
        vote
        for row in votes.sort_values(["cast_at", "voter", "wnid"]).itertuples()
        if (vote := _vote(row))
        and (vote.voter, vote.wnid, vote.label, vote.label_wnid, vote.cast_at) not in have
    ]
    survey.store.add(new)
    return len(new), len(votes) - len(new)


def _vote(row: Any) -> Vote:
    label_wnid = row.label_wnid if isinstance(row.label_wnid, str) else None
    return Vote(row.voter, row.wnid, row.label, label_wnid, row.kind, row.cast_at, row.cast_on)


def serve(survey: Survey, host: str, port: int, public: str = "") -> None:
    """Serve the application until it is stopped. UserError if the port cannot be had."""
    server = make_server(survey, host, port, public)
    address, admin = public or address_of(server, host), links.admin_token(survey.store.secret)
    logger.info("votes are kept in %s", survey.store.address)
    logger.info("administrator's page: %s/admin/%s/", address, admin)
    signal.signal(signal.SIGTERM, _end)
    server.run()  # until Ctrl-C or SIGTERM, which it takes for its end


def _end(_signal: int, _frame: object) -> None:
    """What systemd and docker ask for: an end in good order, which leaves one whole file."""
    raise SystemExit(0)
