from contextlib import ExitStack

import pytest
from configured import KEYS, settings
from servers import serving

from cil.search.asking import Terms
from cil.search.by_name import open_source
from cil.search.crawl import crawl
from cil.search.source import Question


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
