"""A label set gives every class one label, and can be taken away as a file."""

import json

import pandas
import pytest

from cil.errors import UserError
from cil.labels.agreement import agreement_table, comparison_table, moved_table, summary_table
from cil.labels.audit import audit_table
from cil.labels.labelset import COLUMNS, Label, LabelSet
from cil.labels.strategies.original import original
from cil.labels.strategies.random import random
from cil.labels.strategies.survey import survey
from cil.report.labelsets import labelsets_table

CRANE_BIRD, CRANE_HOIST = "n02012849", "n03126707"
LOUDSPEAKER = "n03691459"
DINING_TABLE, POOL_TABLE = "n03201208", "n03982430"
BEAGLE, BLOODHOUND, DOG = "n02088364", "n02088466", "n02084071"


@pytest.fixture(scope="module")
def dogs_merged(hierarchy) -> LabelSet:
    """Every class its own label, but one for all dogs."""
    labels = {wnid: Label(hierarchy.name(wnid), wnid) for wnid in hierarchy.classes}
    labels |= dict.fromkeys(hierarchy.classes_below(DOG), Label("dog", DOG))
    return LabelSet(hierarchy, labels)


def test_labels_are_numbered_in_the_order_of_their_first_class(dogs_merged, hierarchy):
    assert len(dogs_merged) == 1000 - 118 + 1
    assert dogs_merged.label_index[0] == 0
    assert dogs_merged.label_of(BEAGLE) == Label("dog", DOG)
    dog = dogs_merged.labels.index(Label("dog", DOG))
    assert dogs_merged.groups[dog] == hierarchy.classes_below(DOG)
    assert dogs_merged.sizes[dog] == 118
    assert dogs_merged.sizes.sum() == 1000
    assert (dogs_merged.label_index[:dog] == range(dog)).all()


def test_the_original_label_set_numbers_classes_as_they_are(hierarchy):
    assert (original(hierarchy).label_index == range(1000)).all()


def test_homonyms_stay_apart_and_get_names_that_tell_them_apart(hierarchy):
    labelset = original(hierarchy)

    assert len(set(labelset.names)) == 1000
    names = dict(zip(labelset.classes, labelset.names, strict=True))
    assert names[CRANE_BIRD] == "crane (wading bird)"
    assert names[CRANE_HOIST] == "crane (lifting device)"
    assert names[BEAGLE] == "beagle"


def test_homonyms_below_one_parent_are_told_apart_by_their_first_class(hierarchy):
    tables = {DINING_TABLE: "n04379964", POOL_TABLE: "n04379243"}
    labels = {
        wnid: Label("table", tables[wnid]) if wnid in tables else Label(wnid, wnid)
        for wnid in hierarchy.classes
    }
    names = LabelSet(hierarchy, labels).names

    assert {name for name in names if "table" in name} == {
        "table (dining table)",
        "table (pool table)",
    }


def test_the_label_file_and_the_table_hold_the_same(dogs_merged, hierarchy, tmp_path):
    dogs_merged.write(tmp_path / "set.json", tmp_path / "set.parquet")
    names = json.loads((tmp_path / "set.json").read_text(encoding="utf-8"))
    table = pandas.read_parquet(tmp_path / "set.parquet")
    back = LabelSet.read(tmp_path / "set.parquet", hierarchy)

    assert list(names) == list(hierarchy.classes)
    assert names[BEAGLE] == names[BLOODHOUND] == "dog"
    assert tuple(table.columns) == (*COLUMNS, "simulated_votes", "display")
    assert dict(zip(table["wnid"], table["label"], strict=True)) == names
    assert back.labels == dogs_merged.labels
    assert (back.label_index == dogs_merged.label_index).all()


def test_a_second_name_of_a_synset_stays_that(hierarchy, tmp_path):
    """As the published label file has it, where WordNet says loudspeaker first."""
    labels = {wnid: Label(hierarchy.name(wnid), wnid) for wnid in hierarchy.classes}
    labels[LOUDSPEAKER] = Label("speaker", LOUDSPEAKER)
    LabelSet(hierarchy, labels).write(tmp_path / "a.json", tmp_path / "a.parquet")

    read = LabelSet.read(tmp_path / "a.parquet", hierarchy)
    assert read.label_of(LOUDSPEAKER) == Label("speaker", LOUDSPEAKER)
    assert read.label_of(CRANE_BIRD) == Label("crane", CRANE_BIRD)


def test_a_label_of_ones_own_has_no_synset(hierarchy, tmp_path):
    labels = {wnid: Label(hierarchy.name(wnid), wnid) for wnid in hierarchy.classes}
    labels[BEAGLE] = Label("good boy")
    LabelSet(hierarchy, labels).write(tmp_path / "set.json", tmp_path / "set.parquet")

    assert LabelSet.read(tmp_path / "set.parquet", hierarchy).label_of(BEAGLE) == Label("good boy")


def test_every_class_needs_exactly_one_label_with_a_name(hierarchy):
    labels = {wnid: Label(hierarchy.name(wnid), wnid) for wnid in hierarchy.classes}

    with pytest.raises(UserError, match=f"1 of 1000 classes without a label: {BEAGLE}"):
        LabelSet(hierarchy, {wnid: label for wnid, label in labels.items() if wnid != BEAGLE})
    with pytest.raises(UserError, match="labelled but unknown: n00000000"):
        LabelSet(hierarchy, labels | {"n00000000": Label("ghost")})
    with pytest.raises(UserError, match=f"class {BEAGLE}: the label is ' '; give it a name"):
        LabelSet(hierarchy, labels | {BEAGLE: Label(" ")})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(index=3), "1 of 1000 classes without a label"),
        (
            lambda table: pandas.concat([table, table.tail(1)]),
            "n15075141 stands more than once",
        ),
        (lambda table: table.replace({"label_wnid": {BEAGLE: DOG}}), "label_index is"),
        (lambda table: table.assign(label_index=table["label_index"] + 1), "label_index is 1"),
        (
            lambda table: table.replace({"label_wnid": {BEAGLE: "n00000001"}}),
            "n00000001 is neither",
        ),
        (lambda table: table.drop(columns="label"), "lacks the column label"),
    ],
)
def test_a_damaged_table_is_refused(hierarchy, tmp_path, change, message):
    labels = {wnid: Label(hierarchy.name(wnid), wnid) for wnid in hierarchy.classes}
    labels[BLOODHOUND] = Label("dog", DOG)
    table = LabelSet(hierarchy, labels).table()
    change(table).to_parquet(tmp_path / "set.parquet")

    with pytest.raises(UserError, match=message) as refused:
        LabelSet.read(tmp_path / "set.parquet", hierarchy)
    assert "set.parquet" in str(refused.value)


def test_simulated_votes_are_told_of_what_comes_from_them_and_of_nothing_else(hierarchy, tmp_path):
    table = pandas.DataFrame({"wnid": hierarchy.classes, "label": "thing", "label_wnid": None})
    voted = {each: survey(hierarchy, table.assign(simulated=each)) for each in (0, 1)}
    control = random(hierarchy, like=voted[1])
    plain = original(hierarchy)

    for labelset, simulated in ((voted[0], 0), (voted[1], 1), (control, 1), (plain, 0)):
        labelset.write(tmp_path / "set.json", tmp_path / "set.parquet")
        assert LabelSet.read(tmp_path / "set.parquet", hierarchy).simulated_votes == simulated
    labelsets = {"cil": voted[1], "plain": plain}
    summary = summary_table(labelsets, {"cil": "survey", "plain": "file"})
    assert summary["simulated_votes"].tolist() == [True, False]
    # What compares with them depends on them.
    for reference in labelsets:
        assert moved_table(labelsets, reference)["simulated_votes"].all()
    assert agreement_table(labelsets)["simulated_votes"].all()
    assert not agreement_table({"plain": plain, "too": plain})["simulated_votes"].any()
    comparison = comparison_table(
        summary, agreement_table(labelsets), audit_table(hierarchy, {}), "cil"
    )
    assert "are simulated" in labelsets_table(comparison.to_dict("records"), "cil", "").caption
    comparison["simulated_votes"] = False
    assert "simulated" not in labelsets_table(comparison.to_dict("records"), "cil", "").caption
