"""Names of label files in any spelling find their synset, and stay apart."""

import pytest
from hierarchies import made

from cil.labels import named as label_names
from cil.labels.labelset import Label, LabelSet

CLASSES = ["pug", "beagle", "crane#bird", "heron", "crane#hoist"]


@pytest.fixture(scope="module")
def animals():
    links = {"dog": ["animal"], "pug": ["dog"], "beagle": ["dog"], "wading bird": ["animal"]}
    links |= {"crane#bird": ["wading bird"], "heron": ["wading bird"], "crane#hoist": ["machine"]}
    return made(links, CLASSES)


def named(hierarchy, *names):
    return label_names.named(hierarchy, dict(zip(CLASSES, names, strict=True)))


@pytest.mark.parametrize(
    "bird", ["Wading Bird", "WADING_BIRD", " wading  bird", "wading\u00a0bird", "ｗading bird"]
)
def test_a_name_in_any_spelling_finds_its_synset_and_is_kept_as_it_is(animals, bird):
    labelset = named(animals, "pug", "beagle", bird, bird, "lift")
    assert labelset.labels[2:] == (Label(bird, "wading bird"), Label("lift"))


@pytest.mark.parametrize("qualifier", ["wading bird", "Wading_Bird", "crane#bird", "CRANE"])
def test_a_homonym_is_known_by_its_qualifier(animals, qualifier):
    labelset = named(animals, "pug", "beagle", f"Crane ({qualifier})", "heron", "crane (machine)")
    assert labelset.label_of("crane#bird") == Label("crane", "crane#bird")
    assert labelset.label_of("crane#hoist") == Label("crane", "crane#hoist")


@pytest.mark.parametrize(
    "names", [("Dog", "dog"), ("dog", "DOG"), ("dog (animal)", "Dog (animal)")]
)
def test_names_that_differ_stay_labels_of_their_own(animals, tmp_path, names):
    labelset = named(animals, *names, "crane", "heron", "crane (machine)")
    labelset.write(tmp_path / "set.json", tmp_path / "set.parquet")
    back = LabelSet.read(tmp_path / "set.parquet", animals)

    assert len(labelset) == len(back) == 5
    assert back.label_of("pug") != back.label_of("beagle")
    # One of them is the synset's, if possible that in WordNet's own spelling.
    assert {label.wnid for label in back.labels[:2]} == {"dog", None}
    assert Label("dog", "dog") in labelset.labels
