"""Names to show: corrected ones, and homonyms told apart in words."""

import re
from dataclasses import replace

import pytest
from hierarchies import made

from cil.hierarchy import Hierarchy
from cil.labels.labelset import Label, LabelSet
from cil.labels.spelling import meaning
from cil.labels.strategies.original import original

HAND_BLOWER, WALKING_STICK, PLANE, CRANE = "n03483316", "n02231487", "n03954731", "n02012849"


@pytest.fixture(scope="module")
def shown(hierarchy):
    labelset = original(hierarchy)
    return dict(zip(labelset.classes, labelset.display, strict=True))


def test_people_are_shown_corrected_names(shown, hierarchy):
    assert shown[HAND_BLOWER] == "hair dryer"
    assert shown[WALKING_STICK] == "stick insect"
    assert original(hierarchy).label_of(HAND_BLOWER).name == "hand blower"


def test_of_several_names_one_is_shown_and_a_description_only_beside_a_name(shown):
    gasmask, ear, vault, hat = "n03424325", "n13133613", "n04523525", "n02817516"
    assert shown[gasmask] == "gas mask"
    assert shown[ear] == "ear (fruiting spike of a cereal plant)"
    assert shown[vault] == "vaulted or arched ceiling"
    assert shown[hat] == "military hat (bearskin or shako)"
    assert not [name for name in shown.values() if "/" in name]


def test_names_shown_are_unique_and_hold_no_wnid(shown):
    assert len(set(shown.values())) == len(shown)
    assert not [name for name in shown.values() if re.search(r"n\d{8}", name)]


def test_a_name_of_someones_own_is_shown_as_it_is(hierarchy):
    labels = {wnid: Label("thing") for wnid in hierarchy.classes}
    labels[HAND_BLOWER] = Label("blow dryer", HAND_BLOWER)
    assert set(LabelSet(hierarchy, labels).display) == {"thing", "blow dryer"}


def test_a_meaning_is_told_in_the_words_that_the_definition_begins_with(hierarchy):
    assert meaning(hierarchy, PLANE) == "carpenter's hand tool"
    assert meaning(hierarchy, CRANE).startswith("large long-necked wading bird")
    assert all(meaning(hierarchy, wnid) for wnid in hierarchy.synsets)


def test_homonyms_below_one_parent_are_told_apart_by_their_meaning():
    """As two rheas in ImageNet-21k, which were told apart by their wnids."""
    told = {"rhea#1": "larger of two tall fast-running birds", "rhea#2": "smaller of two birds"}
    plain = made({wnid: ["bird"] for wnid in told}, list(told))
    synsets = {
        wnid: replace(synset, definition=told.get(wnid, ""))
        for wnid, synset in plain.synsets.items()
    }
    hierarchy = Hierarchy(plain.classes, synsets, [(wnid, "bird", "hypernym") for wnid in told])
    labels = {wnid: Label("rhea", wnid) for wnid in told}
    assert LabelSet(hierarchy, labels).names == (
        "rhea (larger of two tall fast-running birds)",
        "rhea (smaller of two birds)",
    )
