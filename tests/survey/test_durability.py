"""No acknowledged vote is ever lost: under load, after SIGKILL, between databases."""

import random
import signal
import sqlite3
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import requests
import sqlalchemy
from people import CAT, DOG, NORWICH, TABBY, TERRIER, Server

from cil.errors import UserError
from cil.sources.hypernyms import hierarchy_above
from cil.survey.board import Board
from cil.survey.choice import family
from cil.survey.cli import import_votes
from cil.survey.experiment import Survey
from cil.survey.store import Pass, Store, Vote
from cil.votes.table import write_table

KILLS = 10


def test_ten_kills_under_load_lose_no_acknowledged_vote(experiment, tmp_path, hierarchy):
    server = Server(experiment, str(tmp_path / "votes.sqlite"))
    server.start()
    people = [server.invite(f"person {number}") for number in range(16)]
    acknowledged: list[tuple[str, str, str]] = []
    up, over = threading.Event(), threading.Event()
    up.set()

    def go_on_voting(person) -> None:
        rng = random.Random(person.id)
        while not over.is_set():
            up.wait(timeout=30)
            wnid = rng.choice(hierarchy.classes)
            label = f"label {rng.randrange(10**9)}"
            try:
                reply = person.vote(wnid, "own", own=label)
            except requests.RequestException:
                continue  # not acknowledged, so it may be lost
            if reply.status_code == 303:
                acknowledged.append((person.id, wnid, label))
            time.sleep(0.2)

    threads = [threading.Thread(target=go_on_voting, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for _ in range(KILLS):
        before, deadline = len(acknowledged), time.monotonic() + 30
        while len(acknowledged) < before + 15 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.3))
        up.clear()
        server.stop(by=signal.SIGKILL)
        server.start()
        up.set()
    over.set()
    for thread in threads:
        thread.join()
    server.stop()
    stored = {(vote.voter, vote.wnid, vote.label) for vote in server.store.since(0)}
    assert len(acknowledged) >= 15 * KILLS
    assert set(acknowledged) <= stored


def vote(voter, wnid=NORWICH, label="dog", label_wnid=DOG, cast_at="2026-01-01T00:00:00Z"):
    return Vote(voter, wnid, label, label_wnid, "candidate", cast_at)


def test_the_log_keeps_every_row_and_the_board_shows_the_latest(database, hierarchy):
    store = Store(database, create=True)
    ada = store.invite("Ada")
    board = Board(store, hierarchy)
    board.cast([vote(ada.id)])
    board.cast([vote(ada.id, label="terrier", label_wnid=TERRIER)])
    assert [row.label for row in store.since(0)] == ["dog", "terrier"]
    assert board.answers(ada.id)[NORWICH].label == "terrier"
    elsewhere = Board(Store(database), hierarchy)
    elsewhere.cast([vote(ada.id, wnid=TABBY, label="cat", label_wnid=CAT)])
    assert board.answers(ada.id)[TABBY].label == "cat", "another server's vote is seen"
    assert Store(database).secret == store.secret


def test_the_database_itself_refuses_to_change_what_was_noted(database):
    store = Store(database, create=True)
    ada = store.invite("Ada")
    store.add([vote(ada.id)])
    store.add([Pass(ada.id, TABBY, "skip", "2026-01-01T00:00:00Z")])
    engine = sqlalchemy.create_engine(store.url)
    changes = ["UPDATE votes SET label = 'cat'", "DELETE FROM votes"]
    changes += ["UPDATE passes SET how = 'list'", "DELETE FROM passes"]
    if engine.dialect.name == "postgresql":
        changes += ["TRUNCATE votes", "TRUNCATE passes", "TRUNCATE voters CASCADE"]
    for change in changes:
        refused = pytest.raises(sqlalchemy.exc.DBAPIError, match="only ever added")
        with refused, engine.begin() as open_:
            open_.execute(sqlalchemy.text(change))
    assert [row.label for row in store.since(0)] == ["dog"]
    assert [(left.wnid, left.how) for left in store.passes_since(0)] == [(TABBY, "skip")]


def test_a_restart_changes_nothing_for_a_voter(database, hierarchy):
    """What was skipped, and what was left open on lists, is known to a server that starts anew."""
    store = Store(database, create=True)
    ada = store.invite("Ada").id
    board = Board(store, hierarchy)
    begun = {family(hierarchy, wnid): wnid for wnid in hierarchy.classes}.values()
    board.cast([vote(ada, wnid, hierarchy.name(wnid), wnid) for wnid in begun])
    seen = board.next(ada)
    assert len(seen) == 16
    board.cast([], ada, skipped=[seen[3]])
    board.cast([], ada, listed=[*seen, *seen])
    restarted = Board(Store(database), hierarchy)
    assert restarted.next(ada) == board.next(ada) and not set(board.next(ada)) & set(seen)
    restarted.cast([], ada, listed=seen)
    assert len(list(store.passes_since(0))) == 17, "a class is noted once"
    rest = [wnid for wnid in hierarchy.classes if wnid not in {*begun, *seen}]
    restarted.cast([vote(ada, wnid, hierarchy.name(wnid), wnid) for wnid in rest])
    for _ in range(15):
        (asked,) = Board(Store(database), hierarchy).next(ada)
        assert asked in seen and asked != seen[3]
        restarted.cast([vote(ada, asked)])
    assert restarted.next(ada) == [seen[3]], "what was skipped comes last"


def test_a_page_is_stored_whole_or_not_at_all(database):
    store = Store(database, create=True)
    ada = store.invite("Ada")
    with pytest.raises(sqlalchemy.exc.DBAPIError):
        store.add([vote(ada.id), vote("nobody")])
    assert list(store.since(0)) == []


def test_pages_sent_at_once_share_the_disk_but_not_the_fault_of_one(database):
    store = Store(database, create=True)
    ada, start, refused = store.invite("Ada"), threading.Barrier(20), []

    def send(number: int) -> None:
        voter = "nobody" if number == 7 else ada.id
        start.wait()
        try:
            store.add([vote(voter, label=f"{number} a"), vote(voter, label=f"{number} b")])
        except sqlalchemy.exc.DBAPIError:
            refused.append(number)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = [row.label for row in store.since(0)]
    assert refused == [7] and len(stored) == 38
    assert stored[::2] == [label.replace("b", "a") for label in stored[1::2]], "page by page"


@contextmanager
def away(database):
    """Meanwhile the database cannot be opened."""
    if "://" not in database:
        folder = Path(database).parent
        elsewhere = folder.rename(f"{folder}-away")
        yield
        elsewhere.rename(folder)
        return
    url = sqlalchemy.make_url(database)
    engine = sqlalchemy.create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    allow = f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS"
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"{allow} false"))
        yield
        connection.execute(sqlalchemy.text(f"{allow} true"))
    engine.dispose()


def test_a_vote_that_could_not_be_stored_stops_no_later_one(database):
    store = Store(database, create=True)
    ada = store.invite("Ada")
    store.close()
    with away(database), pytest.raises(sqlalchemy.exc.OperationalError):
        store.add([vote(ada.id)])
    later = threading.Thread(target=store.add, args=([vote(ada.id, TABBY)],), daemon=True)
    later.start()
    later.join(timeout=20)
    assert [row.wnid for row in store.since(0)] == [TABBY]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_restart_of_the_database_costs_no_vote(database):
    store = Store(database, create=True)
    ada = store.invite("Ada")
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    engine = sqlalchemy.create_engine(database)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"{others} AND datname = current_database()"))
    engine.dispose()
    store.add([vote(ada.id)])
    assert [row.label for row in store.since(0)] == ["dog"]


def test_a_survey_begun_before_votes_told_their_place_goes_on(tmp_path):
    path = tmp_path / "votes.sqlite"
    store = Store(str(path), create=True)
    ada = store.invite("Ada")
    store.add([vote(ada.id)])
    store.close()
    with sqlite3.connect(path) as old:
        old.execute("ALTER TABLE votes DROP COLUMN cast_on")
    store = Store(str(path))
    store.add([replace(vote(ada.id), cast_on="list")])
    assert [row.cast_on for row in store.since(0)] == ["", "list"]


def test_two_surveys_merge_by_export_and_import(experiment, tmp_path):
    first = Survey.open(experiment, str(tmp_path / "first.sqlite"), create=True)
    second = Survey.open(experiment, str(tmp_path / "second.sqlite"), create=True)
    ada, bo = first.store.invite("Ada"), second.store.invite("Bo")
    first.board.cast([vote(ada.id), vote(ada.id, TABBY, "cat", CAT)])
    second.board.cast([vote(bo.id, label="terrier", label_wnid=TERRIER)])
    for file in ("votes.csv", "votes.parquet"):
        write_table(first.board.table(), tmp_path / file)
    assert import_votes(second, [tmp_path / "votes.csv"]) == (2, 0)
    assert import_votes(second, [tmp_path / "votes.parquet"]) == (0, 2), "once is enough"
    assert set(second.board.answers(ada.id)) == {NORWICH, TABBY}
    # A later change of mind in the first survey comes along, an older one changes nothing.
    changed = replace(vote(ada.id), label="terrier", label_wnid=TERRIER)
    first.board.cast([changed])
    write_table(first.board.table(), tmp_path / "later.csv")
    import_votes(second, [tmp_path / "later.csv", tmp_path / "votes.csv"])
    assert second.board.answers(ada.id)[NORWICH].label == "terrier"
    assert second.board.table().shape[0] == 3


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2026-01-01T12:00:00+09:00", "2026-01-01T04:00:00Z"),
        ("2026-01-01T12:00:00Z", "2026-01-01T12:00:00.500000Z"),
        ("2026-01-01T11:00:00Z", "2026-01-01 12:00:00"),
    ],
)
def test_times_that_older_surveys_took_as_they_came_are_understood(
    tmp_path, hierarchy, earlier, later
):
    store = Store(str(tmp_path / "votes.sqlite"), create=True)
    ada = store.invite("Ada").id
    store.add([vote(ada, cast_at=earlier)])
    store.add([vote(ada, label="terrier", label_wnid=TERRIER, cast_at=later)])
    board = Board(store, hierarchy)
    assert board.answers(ada)[NORWICH].label == "terrier"
    board.cast([vote(ada)])
    assert board.answers(ada)[NORWICH].label == "dog"


def test_a_vote_of_another_zone_can_be_changed_and_comes_in_once(experiment, tmp_path):
    survey = Survey.open(experiment, str(tmp_path / "votes.sqlite"), create=True)
    hour_ago = datetime.now(timezone(timedelta(hours=9))) - timedelta(hours=1)
    ada = survey.store.invite("Ada").id
    survey.store.add([vote(ada, cast_at=hour_ago.isoformat())])
    file = tmp_path / "votes.csv"
    file.write_text(
        "voter,wnid,label,label_wnid,kind,cast_at\n"
        f"{ada},{NORWICH},dog,{DOG},candidate,{hour_ago.isoformat()}\n"
    )
    assert import_votes(survey, [file]) == (0, 1)
    survey.board.cast([vote(ada, label="terrier", label_wnid=TERRIER)])
    assert survey.board.table()["label"].tolist() == ["terrier"]


def test_a_survey_of_other_classes_is_refused(experiment, tmp_path, wordnet):
    Survey.open(experiment, str(tmp_path / "votes.sqlite"), create=True)
    other = tmp_path / "other"
    hierarchy_above([NORWICH, TABBY], wordnet).write(other / "hierarchy")
    with pytest.raises(UserError, match="other classes"):
        Survey.open(other, str(tmp_path / "votes.sqlite"), create=True)
    with pytest.raises(UserError, match=r"classes\.parquet"):
        Survey.open(tmp_path / "nothing", str(tmp_path / "votes.sqlite"))
    with pytest.raises(UserError, match="survey database"):
        Survey.open(experiment, "/proc/votes.sqlite", create=True)
