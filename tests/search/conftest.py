from contextlib import ExitStack
from pathlib import Path

import pytest
from servers import serving

from cil.search.asking import Terms
from cil.search.crawl import crawl
from cil.search.source import Question
from cil.search.sources import open_source
from cil.sources.wordnet import provide_wordnet

KEYS = {
    "DATAFORSEO_LOGIN": "ada@example.org",
    "DATAFORSEO_PASSWORD": "s3cr3t/pass+word",
    "GOOGLE_API_KEY": "AIzaSy-not-a-key",
    "GOOGLE_SEARCH_ENGINE_ID": "017e1c:engine",
}
OWN_KEYS = {
    "mediawiki": {"user_agent": "cil-tests/1.0 (tests@example.org)", "maxlag": 5},
    "infinigram": {"index": "v4_rpj_llama_s4"},
    "google": {"key_variable": "GOOGLE_API_KEY", "engine_variable": "GOOGLE_SEARCH_ENGINE_ID"},
    "dataforseo": {
        "mode": "queue",
        "login_variable": "DATAFORSEO_LOGIN",
        "password_variable": "DATAFORSEO_PASSWORD",
        "location_code": 2840,
        "language_code": "en",
        "poll_seconds": 0.01,
    },
}


def settings(source: str, endpoint: str, **changes) -> dict:
    """The configuration of a source: fast, unlimited, three attempts."""
    return {
        "source": source,
        "endpoint": endpoint,
        "requests_per_second": 0,
        "timeout_seconds": 5,
        "attempts": 3,
        "backoff_seconds": 0.01,
        "max_wait_seconds": 3,
        **OWN_KEYS[source],
        **changes,
    }


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch):
    """Whatever proxy the machine has, these tests talk to their own servers."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def serve():
    """`serve(api)` starts a server that lasts as long as the test."""
    with ExitStack() as stack:
        yield lambda api: stack.enter_context(serving(api))


@pytest.fixture
def ask(tmp_path):
    """`ask(source, server, names, **changes)`: the counts by name, from a crawl with a store."""

    def asked(source, server, names, terms=None, environment=KEYS, **changes):
        service = open_source(settings(source, server.address, **changes), environment)
        counted = crawl(
            service, map(Question, names), tmp_path / f"{source}.sqlite", terms or Terms()
        )
        return {question.name: each.count for question, each in counted.items()}

    return asked


@pytest.fixture(scope="session")
def wordnet_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("resources") / "wordnet"
    provide_wordnet(folder)
    return folder
