"""Classes that an experiment leaves out."""

import pytest

from cil.errors import UserError
from cil.images.class_list import class_list
from cil.images.dropped import without

PUG, BEAGLE, TABBY, GOLDFISH = "n02110958", "n02088364", "n02123045", "n01443537"
CRANE_BIRD, CRANE_MACHINE = "n02012849", "n03126707"
CLASSES = sorted([PUG, BEAGLE, TABBY, GOLDFISH, CRANE_BIRD, CRANE_MACHINE])


@pytest.mark.parametrize(
    ("drop", "dropped"),
    [
        ([PUG], {PUG}),
        (["goldfish"], {GOLDFISH}),
        (["tabby cat"], {TABBY}),  # the curated name; WordNet says tabby
        (["Dog"], {PUG, BEAGLE}),
        (["pug-dog"], {PUG}),  # another of its names
        (["n02084071"], {PUG, BEAGLE}),
        ([CRANE_BIRD, "pug"], {CRANE_BIRD, PUG}),
    ],
)
def test_a_name_or_wnid_drops_the_classes_at_or_below_it(nouns, drop, dropped):
    assert without(CLASSES, drop, nouns) == [wnid for wnid in CLASSES if wnid not in dropped]


@pytest.mark.parametrize(
    ("drop", "message"),
    [
        (["crane"], f"may be several synsets; name one: {CRANE_BIRD} .*{CRANE_MACHINE}"),
        (["goldfisch"], "found 'goldfisch', which is no class .* did you mean goldfish"),
        (["lion"], "no class of the experiment"),
        (["entity"], "all of the 6 classes are dropped; keep some"),
    ],
)
def test_what_means_nothing_or_too_much_is_refused(nouns, drop, message):
    with pytest.raises(UserError, match=message):
        without(CLASSES, drop, nouns)


def test_the_class_list_leaves_them_out(wordnet_folder, tmp_path):
    path = tmp_path / "classes.txt"
    path.write_text("\n".join(CLASSES))
    left = sorted([TABBY, GOLDFISH, CRANE_BIRD, CRANE_MACHINE])
    assert class_list("synthetic", "", str(path), wordnet_folder, ["dog"]) == left
