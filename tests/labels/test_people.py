"""Strategy people: labels that may nest, exactly, on made-up names and on all of ImageNet."""

import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from hierarchies import made

from cil.errors import UserError
from cil.labels.agreement import agreement
from cil.labels.closeness import closeness_table
from cil.labels.naming import naming_table
from cil.labels.people import Offers, PeopleWeights, best_labels
from cil.labels.strategies.people import people
from cil.sources.manynames import FILE, read_spoken
from cil.sources.word_vectors import word_vectors

FREE = PeopleWeights(alone=0.0, least=2.0)
LINKS = {
    "bird": ["animal"],
    "owl": ["bird"],
    "dog": ["animal"],
    "tawny": ["owl"],
    "barn": ["owl"],
    "robin": ["bird"],
    "jay": ["bird"],
    "pug": ["dog"],
}
CLASSES = ["tawny", "barn", "robin", "jay", "pug"]
WORTH = {"animal": 1, "bird": 3, "owl": 5, "dog": 5, "robin": 3.5, "jay": 1, "pug": 2}


def offered(hierarchy, worth, called=()):
    pairs = [
        (wnid, above)
        for wnid in sorted(hierarchy.classes)
        for above in sorted(hierarchy.ancestors(wnid) | {wnid})
    ]
    wnids, candidates = (np.array(each) for each in zip(*pairs, strict=True))
    values = np.array([float(worth.get(above, 0)) for above in candidates])
    said = np.array([a == b or (a, b) in called for a, b in pairs])
    return Offers(wnids, candidates, values, said, np.ones(len(pairs)))


@pytest.fixture(scope="module")
def animals():
    return made(LINKS, CLASSES)


def test_labels_may_nest_and_a_class_takes_the_best_that_is_open(animals):
    chosen = best_labels(animals, offered(animals, WORTH), 3, weights=FREE)
    assert chosen == {
        "tawny": "owl",
        "barn": "owl",
        "robin": "bird",
        "jay": "bird",
        "pug": "dog",
    }


def test_no_set_of_labels_is_worth_more(animals):
    """Against all ways to give the classes three labels, for worths that are drawn at random."""
    generator = np.random.default_rng(0)
    above = [sorted(animals.ancestors(wnid) | {wnid}) for wnid in CLASSES]
    for _ in range(20):
        worth = {wnid: round(generator.normal(), 3) for wnid in animals.synsets}
        found = best_labels(animals, offered(animals, worth), 3, weights=FREE)
        best = max(
            sum(map(worth.get, labels))
            for labels in itertools.product(*above)
            if len(set(labels)) == 3
        )
        assert len(set(found.values())) == 3
        assert sum(map(worth.get, found.values())) == pytest.approx(best)


def test_what_no_label_fits_is_other_and_counts_as_a_label(animals):
    chosen = best_labels(animals, offered(animals, WORTH), 3, other=True, weights=FREE)
    assert {wnid for wnid, label in chosen.items() if label is None} == {"robin", "jay"}
    assert set(chosen.values()) == {"owl", "dog", None}


def test_one_class_alone_is_called_by_its_own_name(animals):
    worth = {**WORTH, "dog": 2.1}
    weights = PeopleWeights(alone=0.5)
    assert best_labels(animals, offered(animals, worth), 3, weights=FREE)["pug"] == "dog"
    assert best_labels(animals, offered(animals, worth), 3, weights=weights)["pug"] == "pug"
    pug_dog = offered(animals, worth, called={("pug", "dog")})
    assert best_labels(animals, pug_dog, 3, weights=weights)["pug"] == "dog"


def test_a_class_above_others_that_is_a_label_has_it_itself():
    hierarchy = made(LINKS, [*CLASSES, "owl"])
    values = offered(hierarchy, {**WORTH, "bird": 6, "jay": 9, "tawny": 8, "barn": 7})
    for labels in (3, 4, 5, 6):
        chosen = best_labels(hierarchy, values, labels, weights=FREE)
        assert chosen["owl"] == "owl" or "owl" not in chosen.values()


def test_more_labels_than_classes_are_refused_in_words(animals):
    with pytest.raises(UserError, match="no 6 labels for 5 classes"):
        best_labels(animals, offered(animals, WORTH), 6)


def test_word_vectors_know_what_belongs_together():
    owl, eagle, spoon = word_vectors(["owl", "eagle", "spoon"])
    assert owl @ owl == pytest.approx(1, abs=1e-5)
    assert owl @ eagle > 0.4 > owl @ spoon


@pytest.fixture(scope="module")
def closeness(hierarchy, nouns):
    return closeness_table(hierarchy, nouns)


def test_odd_company_is_less_close(closeness, hierarchy):
    table = closeness.assign(
        name=closeness["wnid"].map(hierarchy.name), label=closeness["candidate"].map(hierarchy.name)
    ).set_index(["name", "label"])
    assert len(table) == len(hierarchy.tables()["candidates"])
    for label, fits, odd in (
        ("computer", "laptop", "slide rule"),
        ("shelter", "mountain tent", "umbrella"),
    ):
        assert table.loc[(fits, label), "close"].max() > table.loc[(odd, label), "close"].max()
    assert table.loc[("great grey owl", "owl"), "called"].all()
    assert not table.loc[("robin", "bird"), "called"].any()


@pytest.fixture(scope="module")
def at_488(hierarchy, naming, closeness):
    return people(hierarchy, naming, closeness, 488)


def test_at_488_labels_it_agrees_with_the_published_ones(at_488, published):
    found = agreement(at_488, published)
    assert len(at_488) == 488
    assert found["ari"] >= 0.92
    assert found["ari_rest"] >= 0.6
    assert found["same_name"] >= 0.62


def test_birds_are_birds_beside_owls_and_eagles(at_488):
    birds = {
        label.name: len(each) for label, each in zip(at_488.labels, at_488.groups, strict=True)
    }
    assert birds["bird"] >= 15
    assert {"owl", "eagle", "penguin", "swan"} <= set(birds)
    assert birds["dog"] == 118


@pytest.mark.parametrize("labels", [20, 50, 100, 200])
def test_few_labels_leave_single_things_to_other(hierarchy, naming, closeness, labels):
    labelset = people(hierarchy, naming, closeness, labels, with_other=True)
    sizes = {
        label.name: len(each) for label, each in zip(labelset.labels, labelset.groups, strict=True)
    }
    assert len(labelset) == labels
    assert {"dog", "bird", "vehicle"} <= set(sizes)
    assert not {"artifact", "instrumentality", "object", "whole", "device"} & set(sizes)
    assert sizes["other"] <= (400 if labels >= 100 else 600)


def test_with_peoples_names_no_class_is_half_company_for_two_labels(
    hierarchy, nouns, counts, closeness
):
    """There, offers that might be parts left a class without a label: it was the 489th, other."""
    path = Path(os.environ.get("CIL_SAMPLE_DATA", "")) / "manynames" / FILE
    if not path.is_file():
        pytest.skip(f"CIL_SAMPLE_DATA names no folder with manynames/{FILE}")
    spoken = naming_table(hierarchy, nouns, counts, read_spoken(path)).set_index("wnid")
    assert spoken["spoken"].max() > 3
    labelset = people(hierarchy, spoken, closeness, 488)
    assert len(labelset) == 488
    assert "other" not in {label.name for label in labelset.labels}
