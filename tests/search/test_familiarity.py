"""How the count of a word becomes the familiarity of a meaning, on the real WordNet."""

import pytest

from cil.errors import UserError
from cil.hierarchy import Hierarchy
from cil.search.counts import count_names
from cil.search.familiarity import (
    context_questions,
    context_table,
    familiarity_table,
    read_familiarity,
    sense_shares,
    write_familiarity,
)
from cil.search.homonyms import homonyms
from cil.search.source import Question
from cil.search.sources.wordfreq import WordFreq
from cil.sources.hypernyms import hierarchy_above

SNAKE, BIRD, HOIST, DEVICE = "n01743605", "n02012849", "n03126707", "n03793489"
DISGUISE, SHIELD, LIZARD, DISPLAY = "n03724870", "n03725035", "n01694709", "n03782006"
CLASSES = [SNAKE, BIRD, HOIST, DEVICE, DISGUISE, SHIELD, LIZARD, DISPLAY]


@pytest.fixture(scope="module")
def hierarchy(wordnet) -> Hierarchy:
    return hierarchy_above(CLASSES, wordnet)


@pytest.fixture(scope="module")
def counts(hierarchy):
    return count_names(WordFreq(), (synset.name for synset in hierarchy.synsets.values()))


def test_without_disambiguation_homonyms_share_one_count(hierarchy, counts):
    table = familiarity_table(hierarchy, counts).set_index("wnid")

    assert table.loc[BIRD, "familiarity"] == table.loc[HOIST, "familiarity"] == 8320
    assert list(table.index) == sorted(hierarchy.synsets)


def test_sense_share_follows_how_often_wordnets_editors_met_each_sense(hierarchy, nouns):
    shares = sense_shares(hierarchy, nouns, smoothing=1.0)

    # Of python's three noun senses the snake was tagged 3 times, the others never: (3+1)/(3+3).
    assert shares[SNAKE] == pytest.approx(4 / 6)
    # Of mouse's four the animal was tagged 14 times, the pointing device never: 1/(14+4).
    assert shares[DEVICE] == pytest.approx(1 / 18)
    # Of mask's four the disguise and one more were tagged once each, the shield never.
    assert shares[DISGUISE] == pytest.approx(2 / 6)
    assert shares[SHIELD] == pytest.approx(1 / 6)
    # No sense of crane was ever tagged: each of the five, two of them writers, has a fifth.
    assert shares[BIRD] == shares[HOIST] == pytest.approx(1 / 5)
    assert shares[LIZARD] == shares[DISPLAY]


def test_more_smoothing_brings_the_senses_closer(hierarchy, nouns):
    weak, strong = (sense_shares(hierarchy, nouns, s)[DEVICE] for s in (0.1, 10.0))

    assert weak < 1 / 18 < strong < 1 / 4


def test_sense_share_multiplies_the_count(hierarchy, counts, nouns):
    shares = sense_shares(hierarchy, nouns, smoothing=1.0)
    row = familiarity_table(hierarchy, counts, shares).set_index("wnid").loc[SNAKE]

    assert row["familiarity"] == pytest.approx(row["count"] * 4 / 6)


def test_context_asks_for_the_name_beside_its_parents(hierarchy):
    questions = context_questions(hierarchy)

    assert questions[SNAKE] == Question("python", "boa")
    assert questions[BIRD] == Question("crane", "wading bird")
    assert questions[HOIST] == Question("crane", "lifting device")
    assert questions[DEVICE] == Question("mouse", "electronic device")
    assert questions[LIZARD] == Question("monitor", "lizard")
    assert questions[DISPLAY] == Question("monitor", "electronic equipment")
    (root,) = hierarchy.roots
    assert questions[root] == Question("entity")


def test_a_parent_of_the_same_name_is_no_context(wordnet):
    synset = next(
        synset
        for synset in wordnet.all_synsets("n")
        if any(
            parent.lemma_names()[0].lower() == synset.lemma_names()[0].lower()
            for parent in synset.hypernyms()
        )
        and len(synset.hypernyms()) == 1
    )
    wnid = f"n{synset.offset():08d}"
    question = context_questions(hierarchy_above([wnid], wordnet))[wnid]

    assert question.context
    assert question.context.lower() != question.name.lower()


def test_context_counts_become_the_familiarity(hierarchy):
    questions = set(context_questions(hierarchy).values())
    answers = {question: (f"{question.name}+{question.context}", 7.0) for question in questions}
    answers[Question("crane", "wading bird")] = ("crane+wading bird", None)
    table = context_table(hierarchy, answers).set_index("wnid")

    assert table.loc[HOIST, "query"] == "crane+lifting device"
    assert table.loc[HOIST, "familiarity"] == 7
    assert table.loc[BIRD].isna()["familiarity"]


def test_a_synset_without_a_count_is_left_out_when_read(hierarchy, counts, tmp_path):
    counts = counts.copy()
    counts.loc[counts["name"] == "crane", "count"] = None
    write_familiarity(familiarity_table(hierarchy, counts), tmp_path / "familiarity.parquet")
    familiarity = read_familiarity(tmp_path / "familiarity.parquet")

    assert set(familiarity) == set(hierarchy.synsets) - {BIRD, HOIST}
    assert familiarity[SNAKE] == 6030


def test_another_table_is_refused_by_name(counts, tmp_path):
    counts.to_parquet(tmp_path / "counts.parquet")

    with pytest.raises(UserError, match=r"counts\.parquet: lacks the columns wnid"):
        read_familiarity(tmp_path / "counts.parquet")


def test_the_table_of_homonyms_shows_every_way_side_by_side(hierarchy, nouns):
    rows = {row["wnid"]: row for row in homonyms(hierarchy, nouns, {"mouse": 20_400.0}, 1.0)}

    assert set(CLASSES) <= set(rows)
    assert rows[DEVICE] == {
        "name": "mouse",
        "wnid": DEVICE,
        "definition": hierarchy.synsets[DEVICE].definition,
        "senses": 4,
        "tagged": 0,
        "none": 20_400,
        "share": 0.0556,
        "sense_share": 1133.3,
        "context": "electronic device",
    }
    assert rows[SNAKE]["sense_share"] is None  # no count for python
