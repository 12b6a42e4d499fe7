"""How alike two label sets are."""

import math

import pytest
from hierarchies import made

from cil.errors import UserError
from cil.labels.agreement import agreement, agreement_table, moved, moved_table, summary_table
from cil.labels.named import named
from cil.labels.strategies.original import original


@pytest.fixture(scope="module")
def zoo():
    links = {name: ["animal"] for name in ("pug", "boxer", "husky", "tabby", "siamese", "trout")}
    return made(links, list(links))


@pytest.fixture(scope="module")
def pets(zoo):
    return named(
        zoo,
        {"pug": "dog", "boxer": "dog", "husky": "dog", "tabby": "cat", "siamese": "cat"}
        | {"trout": "fish"},
    )


def test_a_label_set_agrees_with_itself(pets):
    found = agreement(pets, pets)

    assert all(found[key] == 1 for key in found if key != "moved")
    assert found["moved"] == 0


def test_names_and_groups_are_compared_apart(zoo, pets):
    hounds = named(
        zoo,
        {"pug": "hound", "boxer": "hound", "husky": "hound", "tabby": "cat", "siamese": "cat"}
        | {"trout": "fish"},
    )
    assert agreement(hounds, pets)["ari"] == 1
    assert agreement(hounds, pets)["same_name"] == 0.5


def test_the_largest_group_can_hide_what_happens_elsewhere(zoo, pets):
    split = named(
        zoo,
        {"pug": "dog", "boxer": "dog", "husky": "dog", "tabby": "tabby", "siamese": "siamese"}
        | {"trout": "fish"},
    )
    found = agreement(split, pets)

    assert found["ari"] > 0.7
    assert found["ari_rest"] == 0
    assert found["homogeneity"] == 1
    assert found["completeness"] < 1
    assert moved(split, pets) == ("tabby", "siamese")


def test_without_anything_but_the_largest_group_there_is_no_number(zoo):
    one = named(zoo, dict.fromkeys(zoo.classes, "animal"))

    assert math.isnan(agreement(original(zoo), one)["ari_rest"])


def test_every_set_is_compared_with_every_other(zoo, pets):
    sets = {"original": original(zoo), "pets": pets}
    table = agreement_table(sets)
    summary = summary_table(sets, {"original": "original", "pets": "file"}).set_index("labelset")

    assert list(zip(table["labelset"], table["reference"], strict=True)) == [
        ("original", "pets"),
        ("pets", "original"),
    ]
    assert summary.loc["pets", ["labels", "merged_classes", "groups"]].tolist() == [3, 5, 2]
    assert summary.loc["pets", ["largest_label", "largest_size"]].tolist() == ["dog", 3]
    assert set(moved_table(sets, "pets")["wnid"]) == {"pug", "boxer", "husky", "tabby", "siamese"}


def test_sets_over_different_classes_are_not_compared(pets):
    other = original(made({"pug": ["animal"]}, ["pug"]))
    with pytest.raises(UserError, match="different classes"):
        agreement(other, pets)


def test_the_published_labels_have_488_names_and_644_merged_classes(published):
    (row,) = summary_table({"published": published}, {"published": "published"}).to_dict("records")

    assert row["labels"] == 488
    assert row["merged_classes"] == 644
    assert row["groups"] == 132
    assert (row["largest_label"], row["largest_size"]) == ("dog", 118)
