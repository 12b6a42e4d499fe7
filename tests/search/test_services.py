"""What each service is asked, and what is made of its documented replies."""

import json
import traceback
from base64 import b64encode
from urllib.parse import quote

import pytest
from configured import KEYS, settings
from servers import (
    APIS,
    DataForSeoServer,
    Response,
    count_of,
    custom_search,
    infini_gram,
    json_response,
    wikipedia,
)

from cil.errors import UserError
from cil.search.by_name import open_source
from cil.search.source import Question
from cil.search.sources.infinigram import variants

AWKWARD = ["jack-o'-lantern", "hen-of-the-woods", "Münsterländer", "café au lait", "100% + R&B"]


def test_mediawiki_is_asked_for_the_phrase_with_an_identity_and_patience(ask, serve):
    server = serve(wikipedia)

    assert ask("mediawiki", server, ["Persian cat"]) == {"Persian cat": count_of('"Persian cat"')}
    (request,) = server.requests
    assert request.parameters | {"srprop": ""} == {
        "action": "query",
        "format": "json",
        "formatversion": "2",
        "list": "search",
        "srsearch": '"Persian cat"',
        "srinfo": "totalhits",
        "srprop": "",
        "srlimit": "1",
        "maxlag": "5",
    }
    assert request.headers["User-Agent"] == "cil-tests/1.0 (tests@example.org)"


@pytest.mark.parametrize(
    "user_agent", ["", "my-labels/1.0", "Mozilla/5.0", "me@example.org\r\nX: y"]
)
def test_mediawiki_wants_to_know_who_asks(ask, serve, user_agent):
    server = serve(wikipedia)

    with pytest.raises(UserError, match=r"search\.mediawiki\.user_agent"):
        ask("mediawiki", server, ["dog"], user_agent=user_agent)
    assert server.requests == []


def test_infinigram_adds_up_cases_and_plurals(ask, serve):
    server = serve(infini_gram)
    expected = ["French loaf", "french loaf", "French Loaf"]
    expected += ["French loaves", "french loaves", "French Loaves"]

    assert ask("infinigram", server, ["French loaf"]) == {
        "French loaf": sum(map(count_of, expected))
    }
    assert [request.body for request in server.requests] == [
        {"index": "v4_rpj_llama_s4", "query_type": "count", "query": query} for query in expected
    ]


def test_variants_of_a_plural_and_of_hyphens():
    assert variants("mouse") == ("mouse", "Mouse", "mice", "Mice")
    assert variants("sunglasses") == ("sunglasses", "Sunglasses")
    assert "hens-of-the-woods" in variants("hen-of-the-woods")
    assert "Jack-o'-lanterns" in variants("jack-o'-lantern")


def test_google_is_asked_with_the_key_in_a_header(ask, serve):
    server = serve(custom_search)

    assert ask("google", server, ["dog"]) == {"dog": count_of('"dog"')}
    (request,) = server.requests
    assert request.headers["X-Goog-Api-Key"] == KEYS["GOOGLE_API_KEY"]
    assert request.parameters["cx"] == KEYS["GOOGLE_SEARCH_ENGINE_ID"]
    assert "key" not in request.parameters


def test_dataforseo_live_asks_one_by_one(ask, serve):
    server = serve(DataForSeoServer())

    counts = ask("dataforseo", server, ["dog", "cat"], mode="live")

    assert counts == {name: count_of(f'"{name}"') for name in ("dog", "cat")}
    assert [request.path for request in server.requests] == [
        "/v3/serp/google/organic/live/regular"
    ] * 2
    assert server.requests[0].body == [
        {"keyword": '"dog"', "depth": 10, "location_code": 2840, "language_code": "en"}
    ]


def test_dataforseo_queue_hands_in_hundreds_and_collects_them_when_ready(ask, serve):
    server = serve(DataForSeoServer(looks=2))
    names = [f"name {number}" for number in range(250)]

    counts = ask("dataforseo", server, names)

    assert counts == {name: count_of(f'"{name}"') for name in names}
    posted = [len(request.body) for request in server.requests if request.method == "POST"]
    assert posted == [100, 100, 50]


@pytest.mark.parametrize("name", AWKWARD)
def test_any_spelling_reaches_every_service_as_it_is(ask, serve, name):
    wiki, google, seo = serve(wikipedia), serve(custom_search), serve(DataForSeoServer())
    for source, server in {"mediawiki": wiki, "google": google, "dataforseo": seo}.items():
        assert ask(source, server, [name])[name] >= 0

    assert wiki.requests[0].parameters["srsearch"] == f'"{name}"'
    assert google.requests[0].parameters["q"] == f'"{name}"'
    # DataForSEO decodes %xx and + in keywords.
    assert seo.requests[0].body[0]["keyword"] == f'"{name}"'.replace("%", "%25").replace("+", "%2B")


def test_quotes_and_backslashes_in_a_name_do_not_end_the_phrase(ask, serve):
    server = serve(wikipedia)
    ask("mediawiki", server, ['so-called "dog"\\'])

    assert server.requests[0].parameters["srsearch"] == '"so-called dog"'


@pytest.mark.parametrize(
    ("source", "query"),
    [
        ("mediawiki", ('"crane" "wading bird"',)),
        ("google", ('"crane" "wading bird"',)),
        ("dataforseo", ('"crane" "wading bird"',)),
        ("infinigram", tuple(f"{v} AND wading bird" for v in variants("crane"))),
    ],
)
def test_context_is_asked_beside_the_name(source, query):
    service = open_source(settings(source, ""), KEYS)

    assert service.queries(Question("crane", "wading bird")) == query


@pytest.mark.parametrize(
    ("source", "variables"),
    [
        ("google", ["GOOGLE_API_KEY", "GOOGLE_SEARCH_ENGINE_ID"]),
        ("dataforseo", ["DATAFORSEO_LOGIN", "DATAFORSEO_PASSWORD"]),
    ],
)
def test_without_a_key_nothing_is_asked(ask, serve, source, variables):
    server = serve(custom_search)

    with pytest.raises(UserError) as refusal:
        ask(source, server, ["dog"], environment={variables[1]: ""})

    assert all(variable in str(refusal.value) for variable in variables)
    assert server.requests == []


@pytest.mark.parametrize(
    "endpoint", ["ftp://example.org", "example.org", "https://me:pass@example.org", "https://"]
)
def test_an_endpoint_that_is_no_plain_address_is_refused(endpoint):
    with pytest.raises(UserError, match=r"search\.endpoint") as refusal:
        open_source(settings("infinigram", endpoint), {})
    assert "pass@" not in str(refusal.value)


LOGIN, PASSWORD = KEYS["DATAFORSEO_LOGIN"], KEYS["DATAFORSEO_PASSWORD"]
SECRETS = {
    "google": [KEYS["GOOGLE_API_KEY"], KEYS["GOOGLE_SEARCH_ENGINE_ID"]],
    "dataforseo": [
        LOGIN,
        PASSWORD,
        PASSWORD.replace("/", "\\/"),
        quote(PASSWORD, safe=""),
        b64encode(f"{LOGIN}:{PASSWORD}".encode()).decode(),
    ],
}


@pytest.mark.parametrize(
    ("source", "mode"), [("google", ""), ("dataforseo", "queue"), ("dataforseo", "live")]
)
def test_keys_appear_nowhere(ask, serve, tmp_path, caplog, source, mode):
    """Neither in logs at the finest level, nor in errors, nor in what is kept."""
    caplog.set_level("DEBUG")
    secrets = SECRETS[source]

    def echoing(request):
        """A server that repeats in its replies everything that it was sent."""
        reply = json.loads(APIS[source](request).body)
        reply["echo"] = {"headers": request.headers, "values": "SECRETS"}
        return Response(json.dumps(reply).replace("SECRETS", " ".join(secrets)).encode())

    server = serve(echoing)
    ask(source, server, ["dog", "cat"], mode=mode)
    server.faults.append(json_response({"error": {"message": f"bad key {secrets}"}}, 403))
    with pytest.raises(UserError) as refusal:
        ask(source, server, ["fox"], mode=mode)

    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir()).decode("utf-8", "replace")
    assert '"values": "[hidden]' in kept
    places = {
        # The engine's id stands in the address, where Google wants it; it opens nothing.
        "log": caplog.text.replace("cx=017e1c%3Aengine", ""),
        "error": "".join(traceback.format_exception(refusal.value)),
        "store": kept,
    }
    for place, text in places.items():
        for secret in secrets:
            assert secret not in text, place
