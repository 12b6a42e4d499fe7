"""Edits of a label set, on a hierarchy that is small enough to see, and on ImageNet's."""

import pytest
from hierarchies import made

from cil.errors import UserError
from cil.labels.audit import audit
from cil.labels.edits import Edits
from cil.labels.labelset import Label, LabelSet
from cil.labels.meant import classes_meant
from cil.labels.strategies.original import original

LINKS = {
    "animal": ["thing"],
    "vehicle": ["thing"],
    "dog": ["animal"],
    "bird": ["animal"],
    "terrier": ["dog"],
    "border terrier": ["terrier"],
    "fox terrier": ["terrier"],
    "pug": ["dog"],
    "owl": ["bird"],
    "grey owl": ["owl"],
    "snowy owl": ["owl"],
    "robin": ["bird"],
    "wren": ["bird"],
    "car": ["vehicle"],
    "truck": ["vehicle"],
    "crane#1": ["bird"],
    "crane#2": ["vehicle"],
    "ashcan": ["thing"],
}
CLASSES = [
    *("border terrier", "fox terrier", "pug", "grey owl", "snowy owl", "robin", "wren"),
    *("car", "truck", "crane#1", "crane#2", "ashcan"),
]
LABELS = {
    **dict.fromkeys(("border terrier", "fox terrier", "pug"), "dog"),
    **dict.fromkeys(("grey owl", "snowy owl"), "owl"),
    **dict.fromkeys(("robin", "wren"), "bird"),
}


@pytest.fixture
def base():
    """dog 3, owl 2, bird 2 (the rest of the birds), all others alone."""
    above = {wnid: LABELS.get(wnid, wnid) for wnid in CLASSES}
    hierarchy = made(LINKS, CLASSES, {"ashcan": ["ashcan", "trash can"]})
    return LabelSet(
        hierarchy, {wnid: Label(hierarchy.name(over), over) for wnid, over in above.items()}
    )


def labels_of(labelset):
    return {wnid: labelset.label_of(wnid).name for wnid in labelset.classes}


def changed(base, **edits):
    """The classes whose label is another after the edits, with that label."""
    edited, _ = Edits(**edits).apply(base)
    before, after = labels_of(base), labels_of(edited)
    return {wnid: after[wnid] for wnid in CLASSES if before[wnid] != after[wnid]}


def test_a_label_is_split_into_the_branches_below_it(base):
    assert changed(base, split=["dog"]) == {
        "border terrier": "terrier",
        "fox terrier": "terrier",
        "pug": "pug",
    }


def test_what_is_kept_is_told_apart(base):
    assert changed(base, keep=["terrier"]) == {
        "border terrier": "border terrier",
        "fox terrier": "fox terrier",
    }


def test_a_merged_label_takes_the_synset_of_its_name_or_joins_a_label_or_is_a_name_alone(base):
    edited, _ = Edits(merge={"vehicle": ["car", "truck"]}).apply(base)
    assert edited.label_of("car") == edited.label_of("truck") == Label("vehicle", "vehicle")

    joined, _ = Edits(merge={"bird": ["owl", "crane#1"]}).apply(base)
    assert {joined.label_of(wnid) for wnid in ("grey owl", "robin", "crane#1")} == {
        Label("bird", "bird")
    }

    named, _ = Edits(merge={"pet": ["dog", "robin"]}).apply(base)
    assert named.label_of("pug") == named.label_of("robin") == Label("pet")
    assert named.label_of("wren") == Label("bird", "bird")


def test_a_renamed_label_keeps_its_synset_also_in_a_file(base, tmp_path):
    edited, _ = Edits(rename={"ashcan": "bin", "dog": "doggy"}).apply(base)
    assert edited.label_of("ashcan") == Label("bin", "ashcan")
    assert edited.label_of("pug") == Label("doggy", "dog")
    assert {"bin", "doggy"} <= set(edited.names) & set(edited.display)

    edited.write(tmp_path / "a.json", tmp_path / "a.parquet")
    read = LabelSet.read(tmp_path / "a.parquet", base.hierarchy)
    assert labels_of(read) == labels_of(edited)
    assert read.label_of("pug") == Label("doggy", "dog")


def test_a_name_of_ones_own_is_no_finding_and_stays_in_another_language(base):
    edited, _ = Edits(rename={"ashcan": "bin"}).apply(base)
    assert not [each for each in audit(edited) if each.finding == "not an ancestor"]
    assert {"Hund", "bin"} <= set(edited.display_in({"dog": "Hund", "ashcan": "Mülltonne"}))


def test_what_fits_nowhere_goes_to_other(base):
    assert changed(base, other=["ashcan", "vehicle"]) == dict.fromkeys(
        ("car", "truck", "crane#2", "ashcan"), "other"
    )


def test_edits_take_effect_in_their_order_whatever_order_they_are_given_in(base):
    edits = {
        "rename": {"terrier": "small dog"},
        "merge": {"terrier": ["pug", "label:terrier"]},
        "split": ["dog"],
    }
    assert changed(base, **edits) == dict.fromkeys(
        ("border terrier", "fox terrier", "pug"), "small dog"
    )


def test_what_each_edit_did_is_said(base):
    _, effects = Edits(split=["dog"], other=["bird#", "ashcan"][1:]).apply(base)
    assert list(map(str, effects)) == [
        "split dog: dog 3 → terrier 2, pug 1",
        "merge ashcan into other: ashcan 1 → other 1",
    ]


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("dog", ("border terrier", "fox terrier", "pug")),  # label and synset mean the same
        ("DOG", ("border terrier", "fox terrier", "pug")),
        ("terrier", ("border terrier", "fox terrier")),  # a synset that is no label
        ("trash can", ("ashcan",)),  # another name of a class
        ("label:bird", ("robin", "wren")),
        ("crane#2", ("crane#2",)),
        ("crane (vehicle)", ("crane#2",)),  # a label's unique name
    ],
)
def test_what_a_name_means(base, text, classes):
    assert classes_meant(base, text) == classes


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ({"keep": ["Bird"]}, r"keep Bird: found .*: bird \(5 classes\); label:bird \(2 classes\)"),
        ({"keep": ["crane"]}, "keep crane: found 'crane', which may mean different classes"),
        ({"keep": ["wrenn"]}, "no such label, class or synset here; did you mean wren"),
        ({"keep": ["label:terrier"]}, "no such label"),
        ({"split": ["car"]}, "split car: it is a label of one class"),
        ({"split": ["vehicle"]}, r"no label; its classes \(3\) lie in: car .*, truck .*, crane"),
        ({"rename": {"wren": "jenny"}}, r"no label; its classes \(1\) lie in: bird \(2 classes\)"),
        ({"merge": {"pet": []}}, "merge  into pet: found nothing to merge"),
        ({"rename": {"dog": "owl"}}, "there is a label owl already; use merge"),
        ({"merge": {"crane": ["car"]}}, r"found 'crane', which may be the label crane \(bird\) or"),
        ({"rename": {"dog": " "}}, "rename dog to  : .*give it a name"),
    ],
)
def test_what_is_unclear_is_refused_with_what_it_may_be(base, edits, message):
    with pytest.raises(UserError, match=message):
        Edits(**edits).apply(base)


def test_imagenets_homonyms_are_told_apart_by_the_names_that_a_refusal_offers(hierarchy):
    labels = original(hierarchy)
    with pytest.raises(UserError) as refused:
        classes_meant(labels, "crane")
    offered = str(refused.value).split(": ", 1)[1].split("; ")
    assert len(offered) == 2
    means = [classes_meant(labels, each.split(" (n")[0]) for each in offered]
    assert means[0] != means[1]
