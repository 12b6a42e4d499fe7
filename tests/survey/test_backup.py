"""A survey's database as a file among files: ended, copied, brought back, moved."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys

import pytest
from people import CAT, DOG, NORWICH, TABBY, TERRIER, Person, Server

from cil.errors import UserError
from cil.survey.cli import import_votes
from cil.survey.experiment import Survey
from cil.survey.store import Store
from cil.votes.consensus import consensus
from cil.votes.table import write_table


def cil(experiment, database, *arguments):
    """`cil survey` as somebody runs it: exit status and what it said."""
    command = [sys.executable, "-c", "import sys; from cil.cli import main; sys.exit(main())"]
    options = ["survey", "--experiment", str(experiment), "--database", str(database)]
    ran = subprocess.run([*command, *options, *arguments], capture_output=True, text=True)
    return ran.returncode, ran.stderr


def exported(survey, file):
    write_table(survey.board.table(), file)
    return file.read_bytes()


def test_a_server_that_was_asked_to_end_leaves_one_file_with_every_vote(experiment, tmp_path):
    database = tmp_path / "votes.sqlite"
    server = Server(experiment, str(database)).start()
    ada = server.invite("Ada")
    assert ada.vote(NORWICH, DOG).status_code == 303
    secret = server.store.secret
    server.store._engine.dispose()  # this process looks in no longer
    server.stop(by=signal.SIGTERM)
    assert server.process.returncode == 0
    assert [file.name for file in tmp_path.iterdir()] == ["votes.sqlite"]
    copy = Store(str(shutil.copy(database, tmp_path / "copy.sqlite")))
    assert [vote.label for vote in copy.since(0)] == ["dog"] and copy.secret == secret


def test_a_backup_of_a_running_server_is_the_survey_again(experiment, tmp_path):
    database, backup = tmp_path / "votes.sqlite", tmp_path / "backup.sqlite"
    server = Server(experiment, str(database)).start()
    ada = server.invite("Ada")
    ada.vote(NORWICH, DOG)
    status, said = cil(experiment, database, "backup", str(backup))
    assert status == 0 and "1 voters, 1 votes" in said
    ada.vote(NORWICH, TERRIER)
    status, said = cil(experiment, database, "backup", str(backup))
    assert status == 1 and "there is such a file already" in said
    server.stop(by=signal.SIGKILL)
    restored = Server(experiment, str(backup)).start()
    page = Person(restored, ada.id, ada.token).get("/answers").text
    assert "<h2>dog" in page, "the link of before opens, with what was answered until the backup"
    restored.stop()
    assert (backup.stat().st_mode & 0o077) == 0 or os.name == "nt", "it holds the secret"


@pytest.mark.parametrize("action", [["export", "out.csv"], ["backup", "out.sqlite"]])
def test_reading_a_survey_that_is_not_there_makes_none(experiment, tmp_path, action, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, said = cil(experiment, "wrong.sqlite", *action)
    assert status == 1 and "there is no such file" in said and list(tmp_path.iterdir()) == []
    status, said = cil(experiment, "wrong.sqlite", "invite", "Ada")
    assert status == 0 and "a new survey without voters" in said
    status, said = cil(experiment, "wrong.sqlite", "invite", "Bo")
    assert status == 0 and "a new survey" not in said


def test_a_file_without_its_wal_is_no_empty_survey(experiment, tmp_path):
    """What a copy of the file alone holds while the first votes lie beside it."""
    with sqlite3.connect(tmp_path / "copy.sqlite") as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    before = (tmp_path / "copy.sqlite").read_bytes()
    assert len(before) == 4096
    for create in (False, True):
        with pytest.raises(UserError, match=r"holds no survey.*-wal.*cil survey backup"):
            Survey.open(experiment, str(tmp_path / "copy.sqlite"), create)
    assert (tmp_path / "copy.sqlite").read_bytes() == before


def test_a_database_of_a_later_version_is_refused(tmp_path):
    store = Store(str(tmp_path / "votes.sqlite"), create=True)
    store.close()
    with sqlite3.connect(tmp_path / "votes.sqlite") as later:
        later.execute("UPDATE facts SET value = '99' WHERE name = 'version'")
    with pytest.raises(UserError, match="version 99, but this program knows up to"):
        Store(str(tmp_path / "votes.sqlite"))


def test_moving_to_postgresql_and_back_changes_no_byte(experiment, tmp_path, postgresql_database):
    """People, links, history, skips, revocations and labels, and the numbering goes on."""
    survey = Survey.open(experiment, str(tmp_path / "votes.sqlite"), create=True)
    store, hierarchy = survey.store, survey.hierarchy
    ada, bo = store.invite("Ada"), store.invite("Bo", simulated=True)
    import_votes_of = tmp_path / "votes.csv"
    import_votes_of.write_text(
        "voter,wnid,label,label_wnid,kind,cast_at\n"
        f"{ada.id},{NORWICH},dog,{DOG},candidate,2026-01-01T00:00:00Z\n"
        f"{bo.id},{NORWICH},pup,,custom,2026-01-01T00:00:00Z\n"
        f"{ada.id},{TABBY},cat,{CAT},candidate,2026-01-02T00:00:00Z\n"
    )
    import_votes(survey, [import_votes_of])
    survey.board.cast([], ada.id, skipped=[hierarchy.classes[5]])
    store.revoke(bo.id)
    assert cil(experiment, store.url, "move", postgresql_database)[0] == 0
    moved = Survey.open(experiment, postgresql_database)
    assert cil(experiment, postgresql_database, "backup", str(tmp_path / "back.sqlite"))[0] == 0
    back = Survey.open(experiment, str(tmp_path / "back.sqlite"))
    wanted = exported(survey, tmp_path / "a.csv")
    for other in (moved, back):
        assert exported(other, tmp_path / "b.csv") == wanted
        assert other.store.secret == store.secret and other.store.voters() == store.voters()
        assert list(other.store.since(0)) == list(store.since(0))
        assert list(other.store.passes_since(0)) == list(store.passes_since(0))
        labels = [consensus(s.board.table(), hierarchy, "majority") for s in (survey, other)]
        assert labels[0].equals(labels[1])
    moved.board.cast([], ada.id, skipped=[TABBY])
    assert [left.wnid for left in moved.store.passes_since(0)] == [hierarchy.classes[5], TABBY]
    with pytest.raises(UserError, match="holds a survey already"):
        store.copy(postgresql_database)
