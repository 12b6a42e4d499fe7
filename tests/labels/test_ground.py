"""Label sets without an experiment: as an experiment makes them, for its classes or any others."""

import pytest

from cil.errors import UserError
from cil.labels.closeness import closeness_table
from cil.labels.ground import IMAGENET_1K, Ground
from cil.labels.naming import naming_table
from cil.labels.strategies.people import people
from cil.search.counts import count_names
from cil.search.sources.wordfreq import WordFreq

DOG = "n02084071"


@pytest.fixture(scope="module")
def few(hierarchy):
    """A hundred of ImageNet's classes, in an order of their own."""
    return hierarchy.restricted(hierarchy.classes[::-10])


def test_imagenets_own_comes_with_the_package_and_needs_no_wordnet(hierarchy, monkeypatch):
    monkeypatch.setattr("cil.labels.ground.wordnet_folder", lambda: pytest.fail("asked for it"))
    with Ground(hierarchy.classes) as ground:
        assert ground.folder == IMAGENET_1K
        assert len(ground.make("people", {"labels": 200})) == 200


def test_of_other_classes_it_makes_what_the_steps_of_an_experiment_make(few, nouns):
    names = {synset.name for synset in few.synsets.values()}
    naming = naming_table(few, nouns, count_names(WordFreq(), names)).set_index("wnid")
    expected = people(few, naming, closeness_table(few, nouns), 30)
    with Ground(few.classes) as ground:
        made = ground.make("people", {"labels": 30})
    assert made.classes == few.classes
    assert made.label_file() == expected.label_file()


def test_classes_outside_of_imagenets_1000_do_as_well(hierarchy):
    corgi, cats = "n02112826", hierarchy.classes_below("n02121808")
    with Ground([corgi, *cats, DOG]) as ground:
        assert ground.make("tree-cut", {"labels": 2}).sizes.tolist() == [2, len(cats)]


def test_a_class_that_stands_twice_is_refused():
    with pytest.raises(UserError, match="n02112826 stands more than once"):
        Ground(["n02112826", "n02112826"])
    with pytest.raises(UserError, match="n02085620 stands more than once"):
        Ground(["n02085620", "n02085620"])


def test_its_temporary_files_go(few):
    with Ground(few.classes) as ground:
        ground.make("tree-cut", {"labels": 20})
        assert list(ground.folder.rglob("naming.parquet"))
    assert not ground.folder.exists()


@pytest.mark.parametrize(
    ("strategy", "keys", "message"),
    [
        ("survey", {}, "strategy survey: is none that needs no experiment; allowed: .*people"),
        ("peeple", {}, "strategy peeple: is none"),
        ("people", {}, "strategy people: labels: missing"),
        ("people", {"labels": 0}, "labels: found 0; allowed: 1 to"),
        ("original", {"labels": 5}, "labels: unknown key"),
    ],
)
def test_what_cannot_be_made_is_refused(hierarchy, strategy, keys, message):
    with Ground(hierarchy.classes) as ground, pytest.raises(UserError, match=message):
        ground.make(strategy, keys)
