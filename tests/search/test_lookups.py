"""The two sources that need no network."""

import json
import os
from pathlib import Path

import pytest

from cil.configuration.config import validated
from cil.errors import UserError
from cil.search.counts import count_names
from cil.search.sources.published import Published
from cil.search.sources.wordfreq import WordFreq

needs_published = pytest.mark.skipif(
    "CIL_MIRROR" not in os.environ, reason="CIL_MIRROR names no folder of published files"
)


@pytest.fixture
def published() -> Path:
    return Path(os.environ["CIL_MIRROR"]) / "class_search_numbers.json"


def test_wordfreq_counts_per_billion_words():
    source = WordFreq()

    assert source.count("dog") == 126_000
    assert source.count("Persian cat") < source.count("cat")


@pytest.mark.parametrize(
    "name",
    ["jack-o'-lantern", "potter's wheel", "hen-of-the-woods", 'so-called "dog"', "Münsterländer"],
)
def test_wordfreq_takes_any_spelling(name):
    assert WordFreq().count(name) >= 0


def test_a_word_rarer_than_all_that_wordfreq_lists_counts_0():
    assert WordFreq().count("groenendael") == 0


def test_one_row_per_name_sorted_with_the_age_of_the_data():
    table = count_names(WordFreq(), ["dog", "cat", "dog"])

    assert table.to_dict("records") == [
        {
            "name": "cat",
            "source": "wordfreq",
            "query": "cat",
            "count": 60300,
            "retrieved_at": "2021",
        },
        {
            "name": "dog",
            "source": "wordfreq",
            "query": "dog",
            "count": 126000,
            "retrieved_at": "2021",
        },
    ]


@needs_published
def test_the_published_counts_say_nothing_about_a_name_that_was_not_asked(published):
    table = count_names(Published(published), ["dog", "animal", "entity"]).set_index("name")[
        "count"
    ]

    assert table["animal"] == 2_880_000_000 > table["dog"] == 2_190_000_000
    assert table.isna()["entity"]


@needs_published
def test_wordfreq_ranks_names_much_as_google_did(published):
    google = Published(published)
    names = json.loads(published.read_text())
    ours = count_names(WordFreq(), names)["count"]
    theirs = count_names(google, names)["count"]

    assert ours.corr(theirs, method="spearman") == pytest.approx(0.89, abs=0.005)


@pytest.mark.parametrize("count", [-1, "12", None, True, float("nan")])
def test_a_published_file_with_an_absurd_count_is_refused(tmp_path, count):
    (tmp_path / "counts.json").write_text(json.dumps({"dog": count}))

    with pytest.raises(UserError, match=r"counts\.json: the count of 'dog' is"):
        Published(tmp_path / "counts.json")


@pytest.mark.parametrize("source", ["wordfreq", "published"])
def test_context_is_refused_before_any_job_where_no_phrase_can_be_asked(source):
    config = {
        "experiment": "test",
        "dataset": {"kind": "synthetic"},
        "labelsets": {"original": {"strategy": "original"}},
        "search": {"source": source, "disambiguate": "context"},
    }
    with pytest.raises(UserError, match=r"search\.disambiguate: found context"):
        validated(config)
