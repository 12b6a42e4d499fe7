"""Crawls against real servers on loopback: polite, patient, stoppable, and never asking twice."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from configured import KEYS, settings
from servers import (
    DataForSeoServer,
    Response,
    count_of,
    infini_gram,
    json_response,
    wikipedia,
)

from cil.errors import UserError
from cil.search.asking import Terms
from cil.search.http import seconds_to_wait
from cil.search.source import Question
from cil.search.store import AnswerStore, Task

NAMES = [f"name {number:04d}" for number in range(1800)]
CHILD = Path(__file__).with_name("crawl_child.py")


def start_crawl(source: str, server, store: Path, names=NAMES, **changes) -> subprocess.Popen:
    """A crawl in a process of its own."""
    order = {
        "settings": settings(source, server.address, **changes),
        "names": names,
        "store": str(store),
    }
    child = subprocess.Popen(
        [sys.executable, str(CHILD)], stdin=subprocess.PIPE, env=os.environ | KEYS, text=True
    )
    child.stdin.write(json.dumps(order))
    child.stdin.close()
    return child


def kept_counts(store: Path) -> dict[str, float]:
    with sqlite3.connect(store) as connection:
        rows = connection.execute("SELECT name, count FROM answers").fetchall()
    assert len(rows) == len(dict(rows)), "a name was kept twice"
    return dict(rows)


def test_a_crawl_killed_in_the_middle_goes_on_and_asks_every_name_exactly_once(serve, tmp_path):
    """SIGKILL while a request is in flight, three times: that request alone is asked again."""
    answered = Counter()
    victims = {}
    child = None

    def deadly(request):
        if sum(answered.values()) in victims:
            os.kill(victims.pop(sum(answered.values())), signal.SIGKILL)
            child.wait()
            return Response(b"", cut=0)
        answered[request.parameters["srsearch"]] += 1
        return wikipedia(request)

    server = serve(deadly)
    store = tmp_path / "mediawiki.sqlite"
    for moment in (0, 700, 1300):
        child = start_crawl("mediawiki", server, store, attempts=1)
        victims[moment] = child.pid
        assert child.wait(timeout=60) == -signal.SIGKILL
        assert len(kept_counts(store)) == moment
    child = start_crawl("mediawiki", server, store, attempts=1)

    assert child.wait(timeout=60) == 0
    assert answered == {f'"{name}"': 1 for name in NAMES}
    assert len(server.requests) == len(NAMES) + 3
    assert kept_counts(store) == {name: count_of(f'"{name}"') for name in NAMES}


def test_a_kill_at_any_other_moment_loses_at_most_the_request_in_flight(serve, tmp_path):
    server = serve(wikipedia)
    store = tmp_path / "mediawiki.sqlite"
    for amount in (200, 500):
        child = start_crawl("mediawiki", server, store, NAMES[:900])
        while len(server.requests) < amount:
            time.sleep(0.001)
        child.kill()
        child.wait()
    assert start_crawl("mediawiki", server, store, NAMES[:900]).wait(timeout=60) == 0

    asked = Counter(request.parameters["srsearch"] for request in server.requests)
    assert set(asked) == {f'"{name}"' for name in NAMES[:900]}
    assert sum(asked.values()) - len(asked) <= 2


def test_two_crawls_at_once_share_the_work(serve, tmp_path):
    server = serve(wikipedia)
    store = tmp_path / "mediawiki.sqlite"
    children = [start_crawl("mediawiki", server, store, NAMES[:300]) for _ in range(2)]

    assert [child.wait(timeout=60) for child in children] == [0, 0]
    assert len(server.requests) == 300
    assert len(kept_counts(store)) == 300


def test_a_killed_queue_crawl_pays_for_no_task_twice(serve, tmp_path):
    api = DataForSeoServer(looks=1)
    server = serve(api)
    store = tmp_path / "dataforseo.sqlite"
    child = start_crawl("dataforseo", server, store, NAMES[:350])
    while len(server.requests) < 150:
        time.sleep(0.001)
    child.kill()
    child.wait()
    assert start_crawl("dataforseo", server, store, NAMES[:350]).wait(timeout=60) == 0

    posted = Counter(task["keyword"] for task in api.tasks.values())
    assert posted == {f'"{name}"': 1 for name in NAMES[:350]}
    assert len(kept_counts(store)) == 350


def test_answers_are_kept_with_all_that_they_came_from(ask, serve, tmp_path):
    server = serve(wikipedia)
    ask("mediawiki", server, ["dog"])
    with sqlite3.connect(tmp_path / "mediawiki.sqlite") as store:
        store.row_factory = sqlite3.Row
        (row,) = store.execute("SELECT * FROM answers").fetchall()

    assert row["name"] == "dog"
    assert row["query"] == '"dog"'
    assert json.loads(row["raw"])["query"]["searchinfo"]["totalhits"] == row["count"]
    assert json.loads(row["settings"]) == {"endpoint": server.address}
    assert datetime.now(UTC) - datetime.fromisoformat(row["asked_at"]) < timedelta(minutes=1)


def test_answers_from_another_server_or_index_do_not_count(ask, serve):
    server = serve(infini_gram)
    ask("infinigram", server, ["dog"])
    ask("infinigram", server, ["dog"], index="v4_piletrain_llama")

    assert [request.body["index"] for request in server.requests] == [
        *["v4_rpj_llama_s4"] * 4,
        *["v4_piletrain_llama"] * 4,
    ]


def test_old_answers_are_asked_for_anew_when_the_config_says_so(ask, serve, tmp_path):
    server = serve(wikipedia)
    ask("mediawiki", server, ["dog", "cat"])
    with sqlite3.connect(tmp_path / "mediawiki.sqlite") as store:
        store.execute("UPDATE answers SET asked_at = '2026-01-01T00:00:00.000Z' WHERE name = 'dog'")

    ask("mediawiki", server, ["dog", "cat"])
    assert len(server.requests) == 2
    ask("mediawiki", server, ["dog", "cat"], Terms(max_age_days=30))
    assert server.requests[2].parameters["srsearch"] == '"dog"'
    assert len(server.requests) == 3


def test_repeats_are_all_kept_and_the_median_counts(ask, serve, tmp_path):
    hits = iter([10, 90, 1000, 5, 80, 7])
    server = serve(lambda _: json_response({"query": {"searchinfo": {"totalhits": next(hits)}}}))

    counts = ask("mediawiki", server, ["dog", "cat"], Terms(repeats=3))

    # Asked in rounds: dog 10, cat 90, dog 1000, cat 5, dog 80, cat 7.
    assert counts == {"dog": 80, "cat": 7}
    with sqlite3.connect(tmp_path / "mediawiki.sqlite") as store:
        assert store.execute("SELECT count(*) FROM answers").fetchone() == (6,)
    assert ask("mediawiki", server, ["dog", "cat"], Terms(repeats=3)) == counts


def test_further_repeats_ask_only_for_what_is_missing(ask, serve):
    server = serve(DataForSeoServer())
    ask("dataforseo", server, ["dog"])
    ask("dataforseo", server, ["dog", "cat"], Terms(repeats=3))
    posted = [task["keyword"] for r in server.requests if r.method == "POST" for task in r.body]

    assert Counter(posted) == {'"dog"': 3, '"cat"': 3}


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed(ask, serve, status):
    server = serve(wikipedia)
    server.faults.append(json_response({}, status, Retry_After="1"))
    ask("mediawiki", server, ["dog"])
    first, second = server.times

    assert 1.0 <= second - first < 2.5


def test_429_without_retry_after_backs_off_and_at_last_stops_cleanly(ask, serve):
    server = serve(wikipedia)
    ask("mediawiki", server, ["cat"])
    server.faults.extend(json_response({}, 429) for _ in range(3))

    with pytest.raises(UserError, match=r"asked too often\. 2 of 3 names are left; all answers"):
        ask("mediawiki", server, ["cat", "dog", "fox"])
    assert len(server.requests) == 1 + 3


def test_a_server_that_wants_a_longer_wait_than_allowed_ends_the_crawl(ask, serve):
    server = serve(wikipedia)
    server.faults.append(json_response({}, 503, Retry_After="7200"))
    again = datetime.now(UTC) + timedelta(hours=2)

    with pytest.raises(UserError, match=f"run again after {again:%Y-%m-%d %H}"):
        ask("mediawiki", server, ["dog"])
    assert len(server.requests) == 1


def test_retry_after_may_be_a_date():
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    assert seconds_to_wait(format_datetime(now + timedelta(seconds=90), usegmt=True), now) == 90
    assert seconds_to_wait(format_datetime(now - timedelta(hours=1), usegmt=True), now) == 0
    assert seconds_to_wait("120", now) == 120
    assert seconds_to_wait("soon", now) is None
    assert seconds_to_wait("-5", now) is None
    assert seconds_to_wait("²", now) is None
    assert seconds_to_wait("9" * 400, now) < 400 * 86400
    assert seconds_to_wait("Mon, 23 Nov 2026 12:00:30 -0000", now) == 30


def test_a_body_that_trickles_in_is_given_up_and_asked_for_again(ask, serve):
    server = serve(wikipedia)
    server.faults.append(Response(b'{"query": {"searchinfo": {"totalhits": 1}}}', pause=0.05))

    assert ask("mediawiki", server, ["dog"], timeout_seconds=0.3) == {"dog": count_of('"dog"')}
    assert len(server.requests) == 2


@pytest.mark.parametrize("cut", [0, 20])
def test_a_cut_connection_is_tried_again(ask, serve, cut):
    server = serve(wikipedia)
    server.faults.append(Response(b'{"query": {"searchinfo": {"totalhits": 1}}}', cut=cut))

    assert ask("mediawiki", server, ["dog"]) == {"dog": count_of('"dog"')}


def test_a_server_that_is_not_there_stops_the_crawl(ask, serve, tmp_path):
    server = serve(wikipedia)
    server.address = "http://127.0.0.1:9"  # the discard port: nobody listens

    with pytest.raises(UserError, match=r"10 failures in a row.*1800 of 1800 names are left"):
        ask("mediawiki", server, NAMES, attempts=1)


def test_a_name_that_fails_holds_up_no_other_and_is_asked_again_next_time(ask, serve, tmp_path):
    server = serve(wikipedia)
    server.faults.extend(json_response({}, 500) for _ in range(3))

    with pytest.raises(UserError, match=r'1 of 3 names have no count \("cat": HTTP 500\)'):
        ask("mediawiki", server, ["cat", "dog", "fox"])
    assert set(kept_counts(tmp_path / "mediawiki.sqlite")) == {"dog", "fox"}
    ask("mediawiki", server, ["cat", "dog", "fox"])
    assert len(server.requests) == 3 + 2 + 1


def test_failures_may_be_allowed_and_are_then_missing_not_zero(ask, serve):
    server = serve(
        lambda request: Response(b"", 400) if "cat" in str(request) else wikipedia(request)
    )

    counts = ask("mediawiki", server, ["cat", "dog"], Terms(max_failures=1))

    assert counts == {"cat": None, "dog": count_of('"dog"')}


def test_requests_are_paced(ask, serve):
    server = serve(wikipedia)
    ask("mediawiki", server, NAMES[:6], requests_per_second=20)

    assert server.times[-1] - server.times[0] >= 5 / 20 - 0.01


def test_a_task_refused_within_a_batch_costs_the_others_nothing(ask, serve):
    api = DataForSeoServer()

    def short_of_money(request):
        reply = json.loads(api(request).body)
        for task in reply["tasks"]:
            if task["status_code"] == 20100 and "fox" in task["data"]["keyword"]:
                task |= {"status_code": 40203, "status_message": "The cost limit per day"}
        return json_response(reply)

    server = serve(short_of_money)
    with pytest.raises(UserError, match=r'1 of 3 names have no count .*"fox".*40203'):
        ask("dataforseo", server, ["cat", "fox", "dog"])
    server.api = api
    assert set(ask("dataforseo", server, ["cat", "fox", "dog"])) == {"cat", "fox", "dog"}
    posted = [task["keyword"] for r in server.requests if r.method == "POST" for task in r.body]
    assert posted == ['"cat"', '"fox"', '"dog"', '"fox"']


def test_a_batch_that_is_not_understood_stops_the_crawl(ask, serve):
    server = serve(lambda request: json_response({"status_code": 20000}))

    with pytest.raises(UserError, match=r"the reply lacks tasks\. 1 of 1 names are left"):
        ask("dataforseo", server, ["dog"])


def test_a_queue_task_that_expired_is_asked_for_anew(ask, serve, tmp_path):
    api = DataForSeoServer()
    server = serve(api)
    service_settings = {
        "endpoint": f"{server.address}/v3/serp/google/organic",
        "location_code": 2840,
        "language_code": "en",
    }
    with AnswerStore(tmp_path / "dataforseo.sqlite", service_settings) as store:
        store.keep_tickets([("long-gone", Task(Question("dog"), '"dog"'))], datetime.now(UTC))

    with pytest.raises(UserError, match="40401"):
        ask("dataforseo", server, ["dog"])
    assert ask("dataforseo", server, ["dog"]) == {"dog": count_of('"dog"')}


def test_a_file_that_is_no_store_is_named(tmp_path):
    (tmp_path / "google.sqlite").write_text("not a database, only text that is long enough\n" * 9)

    with pytest.raises(UserError, match=r"google\.sqlite: not a usable store"):
        AnswerStore(tmp_path / "google.sqlite", {})
