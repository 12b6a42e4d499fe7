"""What a service says besides a plain count, and what becomes of the name."""

import sqlite3
from datetime import UTC, datetime

import pytest
from servers import APIS, DataForSeoServer, Response, json_response

from cil.errors import UserError
from cil.search.sources.google import next_renewal

SEO_TASK = DataForSeoServer.task
SEO_REPLY = DataForSeoServer.reply


def seo(code: int, message: str = "as documented", result=None) -> Response:
    return SEO_REPLY([SEO_TASK("live", code, message, {}, result)])


def wiki(hits) -> Response:
    return json_response({"query": {"searchinfo": {"totalhits": hits}, "search": []}})


def google(total) -> Response:
    return json_response({"searchInformation": {"totalResults": total}})


ZEROS = {
    "mediawiki": wiki(0),
    "google": google("0"),
    "infinigram": json_response({"count": 0, "approx": False, "latency": 0.1}),
    "dataforseo": seo(40102, "No Search Results."),
}


@pytest.mark.parametrize("source", ZEROS)
def test_a_zero_is_an_answer(ask, serve, source):
    server = serve(lambda request: ZEROS[source])

    assert ask(source, server, ["groenendael"], mode="live") == {"groenendael": 0}


NO_COUNTS = [
    ("mediawiki", wiki(-1)),
    ("mediawiki", wiki(10**16)),
    ("mediawiki", wiki("12")),
    ("mediawiki", wiki(None)),
    ("mediawiki", wiki(1.5)),
    ("mediawiki", wiki(True)),
    ("mediawiki", json_response({"batchcomplete": True})),
    ("mediawiki", json_response({"query": {"searchinfo": []}})),
    ("mediawiki", json_response({"error": {"code": "srsearch-invalid", "info": "No."}})),
    ("mediawiki", json_response({}, 400)),
    ("google", google(12)),
    ("google", google("")),
    ("google", google("about 12")),
    ("google", google("-12")),
    ("google", google("٣")),
    ("google", json_response({"kind": "customsearch#search"})),
    ("infinigram", json_response({"approx": False, "latency": 0.1})),
    ("infinigram", json_response({"count": -5})),
    ("dataforseo", seo(20000, "Ok.", [{"keyword": "dog"}])),
    ("dataforseo", seo(20000, "Ok.", [{"se_results_count": None}])),
    ("dataforseo", seo(20000, "Ok.", [])),
    ("dataforseo", seo(40501, "Invalid Field: 'keyword'.")),
    ("dataforseo", SEO_REPLY([])),
]


@pytest.mark.parametrize(("source", "reply"), NO_COUNTS)
def test_a_reply_without_a_usable_count_is_no_zero_and_is_not_asked_again(
    ask, serve, tmp_path, source, reply
):
    server = serve(lambda request: reply)

    with pytest.raises(UserError, match=r"1 of 1 names have no count \(.*dog"):
        ask(source, server, ["dog"], mode="live")
    assert len(server.requests) == (4 if source == "infinigram" else 1)  # its four variants
    with sqlite3.connect(tmp_path / f"{source}.sqlite") as store:
        assert store.execute("SELECT count(*) FROM answers").fetchone() == (0,)


LAGGED = {"error": {"code": "maxlag", "info": "Waiting for db: 6 seconds lagged."}}
PASSING = [
    ("mediawiki", Response(b"<!DOCTYPE html><title>Wikimedia Error</title>")),
    ("mediawiki", Response(b'{"query": {"searchinfo"')),
    ("mediawiki", Response(b"")),
    ("mediawiki", Response(b"[1, 2]")),
    ("mediawiki", Response(b"null")),
    ("mediawiki", Response(b"\xff\xfe{")),
    ("mediawiki", json_response({}, 500)),
    ("mediawiki", json_response({}, 502)),
    ("mediawiki", json_response({}, 503)),
    ("mediawiki", json_response(LAGGED, Retry_After="0")),
    ("mediawiki", json_response({"error": {"code": "cirrussearch-too-busy-error"}})),
    ("mediawiki", json_response({"error": {"code": "internal_api_error_DBQueryError"}})),
    ("infinigram", json_response({"error": "Internal server error", "count": 3})),
    ("dataforseo", seo(40103, "Task execution failed.")),
    ("dataforseo", SEO_REPLY([], 50000, "Internal Error.")),
    ("google", json_response({"error": {"code": 500, "message": "Backend Error"}}, 500)),
]


@pytest.mark.parametrize(("source", "reply"), PASSING)
def test_a_passing_fault_is_tried_again(ask, serve, source, reply):
    sound = ask(source, serve(APIS[source]), ["dog"], mode="live")
    server = serve(APIS[source])
    server.faults.extend([reply, reply])

    assert ask(source, server, ["dog"], mode="live") == sound
    assert len(server.requests) == 3 + (3 if source == "infinigram" else 0)


QUOTAS = [
    (
        "google",
        json_response(
            {
                "error": {
                    "code": 429,
                    "message": "Quota exceeded for quota metric 'Queries' and limit 'Queries per "
                    "day' of service 'customsearch.googleapis.com'",
                    "status": "RESOURCE_EXHAUSTED",
                    "errors": [{"domain": "global", "reason": "rateLimitExceeded"}],
                }
            },
            429,
        ),
    ),
    (
        "google",
        json_response({"error": {"code": 403, "errors": [{"reason": "dailyLimitExceeded"}]}}, 403),
    ),
    ("dataforseo", seo(40203, "The cost limit per day has been exceeded.")),
    ("dataforseo", SEO_REPLY([], 40200, "Payment Required.")),
    ("dataforseo", json_response({}, 402)),
]


@pytest.mark.parametrize(("source", "reply"), QUOTAS)
def test_a_used_up_quota_stops_at_once_and_says_what_is_left(ask, serve, source, reply):
    server = serve(APIS[source])
    names = ["cat", "dog", "fox"]
    ask(source, server, names[:1], mode="live")
    server.faults.append(reply)

    with pytest.raises(UserError, match=r"2 of 3 names are left; .* run again (after|when)"):
        ask(source, server, names, mode="live")
    assert len(server.requests) == 2
    assert len(ask(source, server, names, mode="live")) == 3
    assert len(server.requests) == 4


UNUSED = {"code": 403, "message": "Custom Search API has not been used in project 1"}
BAD_KEY = {"code": 400, "message": "API key not valid. Please pass a valid API key."}
NO_LOGIN = {"status_code": 40100, "status_message": "You are not Authorized."}
REFUSALS = [
    ("google", json_response({"error": UNUSED}, 403)),
    ("google", json_response({"error": BAD_KEY}, 400)),
    ("dataforseo", json_response(NO_LOGIN, 401)),
    ("dataforseo", SEO_REPLY([], 40104, "Please verify your account.")),
    ("mediawiki", Response(b"Please set a user-agent", 403)),
    ("infinigram", json_response({"detail": "Not Found"}, 404)),
    ("infinigram", Response(b"", 301, {"Location": "https://example.org/"})),
]


@pytest.mark.parametrize(("source", "reply"), REFUSALS)
def test_a_refused_key_or_address_stops_after_one_request(ask, serve, source, reply):
    server = serve(lambda request: reply)

    with pytest.raises(UserError):
        ask(source, server, ["cat", "dog"], mode="live")
    assert len(server.requests) == 1


def test_googles_quota_is_renewed_at_midnight_in_california():
    renewal = datetime(2026, 11, 24, 8, tzinfo=UTC)

    assert next_renewal(datetime(2026, 11, 23, 20, tzinfo=UTC)) == renewal
    assert next_renewal(datetime(2026, 11, 24, 7, tzinfo=UTC)) == renewal
