"""Sources side by side, and the figure of the counts around cat and dog."""

import csv
import os
from pathlib import Path

import pandas
import pytest

from cil.report.figures.search_counts import (
    CAT,
    DOG,
    draw_search_counts,
    outranking,
    readable,
    rows_around,
)
from cil.report.style import save
from cil.search.compare import comparison, write_comparison
from cil.search.counts import count_names
from cil.search.familiarity import familiarity_table
from cil.search.sources.published import Published
from cil.search.sources.wordfreq import WordFreq
from cil.sources.hypernyms import hierarchy_above

ANIMAL = "n00015388"


def counts(**by_name: float | None) -> pandas.DataFrame:
    return pandas.DataFrame({"name": list(by_name), "count": list(by_name.values())})


def test_ranks_are_compared_over_the_names_that_both_sources_count():
    ours = counts(cat=10, dog=20, fox=30, emu=0)
    theirs = counts(cat=1, dog=9, fox=5, emu=None)
    first, second = comparison({"ours": ours, "theirs": theirs})

    assert first == {
        "source": "ours",
        "names": 4,
        "missing": 0,
        "zero": 1,
        "median": 15,
        "maximum": 30,
        "spearman_ours": 1.0,
        "spearman_theirs": 0.5,
    }
    assert (second["missing"], second["zero"]) == (1, 0)


def test_a_source_of_one_count_for_all_has_no_correlation(tmp_path):
    write_comparison(
        {"ours": counts(cat=1, dog=2), "flat": counts(cat=5, dog=5)}, tmp_path / "table.csv"
    )
    with (tmp_path / "table.csv").open() as file:
        rows = list(csv.DictReader(file))

    assert [row["source"] for row in rows] == ["flat", "ours"]
    assert rows[1]["spearman_ours"] == "1.0"
    assert rows[1]["spearman_flat"] == ""


@pytest.fixture
def familiarity(hierarchy):
    """Every synset's count, by source."""
    names = {synset.name for synset in hierarchy.synsets.values()}
    sources = {"wordfreq": WordFreq()}
    if "CIL_MIRROR" in os.environ:
        published = Path(os.environ["CIL_MIRROR"]) / "class_search_numbers.json"
        sources["published"] = Published(published)
    tables = {
        name: familiarity_table(hierarchy, count_names(source, names)).dropna()
        for name, source in sources.items()
    }
    return {
        name: dict(zip(table["wnid"], table["familiarity"], strict=True))
        for name, table in tables.items()
    }


def test_animal_outranks_dog_in_the_published_counts(hierarchy, familiarity):
    if "published" not in familiarity:
        pytest.skip("CIL_MIRROR names no folder of published files")

    assert outranking(hierarchy, familiarity["published"]) == {ANIMAL}
    assert familiarity["published"][ANIMAL] > familiarity["published"][DOG]


def test_the_figure_shows_each_synset_once_below_its_parent(hierarchy):
    rows = rows_around(hierarchy)
    wnids = [row.wnid for row in rows]

    assert len(set(wnids)) == len(wnids) < 40
    assert {CAT, DOG, ANIMAL} <= set(wnids)
    for row in rows[1:]:
        assert wnids.index(row.parent) < wnids.index(row.wnid)
        assert row.parent in hierarchy.parents(row.wnid)


def test_the_figure_is_the_same_bytes_every_time(hierarchy, familiarity, tmp_path):
    for run in ("first", "second"):
        figure = draw_search_counts(
            hierarchy, familiarity["wordfreq"], "Occurrences per billion words"
        )
        save(figure, tmp_path / f"{run}.pdf", tmp_path / f"{run}.png")

    for kind in ("pdf", "png"):
        first, second = ((tmp_path / f"{run}.{kind}").read_bytes() for run in ("first", "second"))
        assert first == second
        assert len(first) > 10_000


def test_without_cat_and_dog_the_figure_says_so(wordnet):
    cranes = hierarchy_above(["n02012849", "n03126707"], wordnet)
    figure = draw_search_counts(cranes, {"n02012849": 1.0}, "Google results")

    assert "Neither cat nor dog" in figure.axes[0].texts[0].get_text()


@pytest.mark.parametrize(
    ("count", "text"),
    [(None, "–"), (0, "0"), (481.0, "481"), (126_000, "126 k"), (2_880_000_000, "2.88 B")],
)
def test_counts_are_readable(count, text):
    assert readable(count) == text
