"""An audit names what is wrong with a label set, and does not cry wolf."""

import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import pandas
import pytest
from hierarchies import made

from cil.cli import main
from cil.labels.audit import KINDS, audit, audit_classes, audit_table
from cil.labels.audit_command import audit_file
from cil.labels.ground import IMAGENET_1K
from cil.labels.labelset import Label, LabelSet
from cil.labels.named import named
from cil.labels.spelling import bearing
from cil.labels.strategies.ancestor import ancestor
from cil.labels.strategies.entry_level import entry_level
from cil.labels.strategies.original import original
from cil.labels.strategies.search_count import search_count
from cil.labels.words import Words
from cil.report.labelsets import audit_page

GRADED = Path(__file__).resolve().parents[2] / "benchmarks" / "graded" / "pairs.csv"


@pytest.fixture(scope="module")
def birds():
    links = {"bird": ["animal"], "waterbird": ["bird"], "robin": ["bird"]}
    links |= {"duck": ["waterbird"], "swan": ["waterbird"], "goose": ["waterbird"]}
    links |= {"crane#hoist": ["machine"], "crane#bird": ["waterbird"], "holster": ["machine"]}
    return made(links, ["robin", "duck", "swan", "goose", "crane#hoist", "crane#bird", "holster"])


def found(hierarchy, names, general_depth=0):
    labelset = named(
        hierarchy, {wnid: names.get(wnid, hierarchy.name(wnid)) for wnid in hierarchy.classes}
    )
    return {(each.finding, each.label): each for each in audit(labelset, general_depth)}


def test_labels_below_other_labels(birds):
    names = {"robin": "bird", "duck": "waterbird", "swan": "waterbird", "goose": "waterbird"}
    findings = found(birds, names)

    assert "lies below bird" in findings["nested", "waterbird"].detail
    assert findings["nested", "waterbird"].classes == ("duck", "swan", "goose")
    assert "merge it into bird" in findings["nested", "waterbird"].suggestion


def test_homonyms_hold_nothing_together(birds):
    findings = found(birds, {})

    assert findings["homonym", "crane"].classes == ("crane#hoist", "crane#bird")
    assert "no synset named crane" in findings["no common ancestor", "crane"].detail


def test_a_label_that_is_no_ancestor(birds):
    finding = found(birds, {"holster": "gun"})["not an ancestor", "gun"]

    assert finding.classes == ("holster",)
    assert "no gun at or above holster" in finding.detail


def test_a_class_left_alone_among_merged_siblings(birds):
    names = {"duck": "waterbird", "swan": "waterbird", "crane#bird": "waterbird"}
    finding = found(birds, names)["left alone", "goose"]

    assert "all 3 other classes below waterbird are called waterbird" in finding.detail
    assert "call it waterbird" in finding.suggestion


def test_labels_too_near_the_root(birds):
    names = {"duck": "animal", "swan": "animal"}

    assert ("too general", "animal") in found(birds, names, general_depth=0)
    assert ("too general", "waterbird") not in found(birds, {"duck": "waterbird"}, 1)


def test_names_that_are_twins(birds):
    findings = found(
        birds,
        {"duck": "water-fowl", "swan": "Waterfowls", "goose": "grey bird", "robin": "gray bird"},
    )

    assert findings["spelling twin", "Waterfowls"].classes == ("duck", "swan")
    assert ("spelling twin", "gray bird") in findings
    foreign = {"duck": "오리", "swan": "고니", "goose": "कि", "crane#bird": "की"}
    foreign |= {"robin": "🐦", "holster": "🔫"}
    assert "spelling twin" not in {kind for kind, _ in found(birds, foreign)}
    assert ("spelling twin", "ÉTÉ") in found(birds, {"duck": "ÉTÉ", "swan": "été"})


def test_what_we_wrote_to_tell_names_apart_is_no_finding(birds):
    labelset = original(birds)
    assert {"crane (machine)", "crane (waterbird)"} <= set(labelset.names)
    assert audit(labelset, 0) == []


def test_another_spelling_of_an_ancestor_is_one(hierarchy):
    gasmask, jean = "n03424325", "n03594734"
    labels = dict.fromkeys(hierarchy.classes, "thing") | {gasmask: "gas mask", jean: "jeans"}
    strangers = {
        wnid
        for each in audit(named(hierarchy, labels))
        if each.finding == "not an ancestor"
        for wnid in each.classes
    }
    assert strangers == set(hierarchy.classes) - {gasmask, jean}


def test_words_that_people_would_wonder_at(hierarchy):
    """A word nobody says, one for something else, a label that says nothing of its classes."""
    classes = {
        "procyonid": ["n02509815", "n02510455"],  # two pandas
        "top": ["n02877765", "n03717622"],  # a bottle cap, a manhole cover
        "system": ["n03584254", "n03733281"],  # an iPod, a maze
        "dog": hierarchy.classes_below("n02084071"),
        "bird": hierarchy.classes_below("n01503061"),
    }
    labels = {wnid: Label(hierarchy.name(wnid), wnid) for wnid in hierarchy.classes}
    for name, wnids in classes.items():
        [above] = bearing(hierarchy, hierarchy.common_ancestors(wnids), name)
        labels |= dict.fromkeys(wnids, Label(name, above))
    found = {
        (each.finding, each.label)
        for each in audit(LabelSet(hierarchy, labels), words=Words.read(IMAGENET_1K))
        if each.label in classes
    }
    assert found >= {
        *(("rare word", "procyonid"), ("odd company", "procyonid")),
        *(("rarer meaning", "top"), ("odd company", "system")),
    }
    assert not {label for _, label in found} & {"dog", "bird"}


def test_it_finds_most_of_what_a_reader_calls_bad_and_little_else(hierarchy, published):
    """The published labels as one reader graded them, blind (benchmarks/graded)."""
    grades = pandas.read_csv(GRADED, keep_default_na=False).set_index("pair")["bad"]
    findings = audit(published, words=Words.read(IMAGENET_1K))
    kinds = {"rare word", "rarer meaning", "odd company", "not an ancestor"}
    found = {wnid for each in findings if each.finding in kinds for wnid in each.classes}
    bad = set()
    for label, company in zip(published.labels, published.groups, strict=True):
        key = hashlib.sha256(" ".join((label.name, *company)).encode()).hexdigest()[:8]
        grade = grades.get(key, "")  # classes alone under their own names are not graded
        bad |= set(re.findall(r"n\d{8}", grade) or (company if grade else ()))
    assert len(found & bad) / len(bad) > 0.5
    assert len(found & bad) / len(found) > 0.5


def test_missing_and_unknown_classes(birds):
    names = {wnid: "bird" for wnid in birds.classes if wnid != "swan"} | {"n00000000": "ghost"}

    assert [(each.finding, each.classes) for each in audit_classes(birds, names)] == [
        ("missing class", ("swan",)),
        ("unknown class", ("n00000000",)),
    ]


def test_any_label_file_can_be_audited_from_the_console(birds, tmp_path, capsys):
    birds.write(tmp_path / "hierarchy")
    names = {wnid: "bird" for wnid in birds.classes if wnid != "swan"} | {"n00000000": "ghost"}
    labels = tmp_path / "mine.json"
    labels.write_text(json.dumps(names | {"goose": " "}))
    written = ["--csv", str(tmp_path / "audit.csv"), "--html", str(tmp_path / "audit.html")]

    assert main(["audit", str(labels), "--experiment", str(tmp_path), *written]) == 0
    shown = capsys.readouterr().out
    table = pandas.read_csv(tmp_path / "audit.csv")

    assert "labels 1, classes 5, findings" in shown
    assert "missing class (2)" in shown
    assert "ghost: n00000000 is no class" in shown
    assert table["finding"].tolist()[:3] == ["missing class", "missing class", "unknown class"]
    assert table["classes"].tolist()[:3] == ["goose goose", "swan swan", "n00000000"]
    assert {"no common ancestor", "not an ancestor"} <= set(table["finding"])
    assert "ghost" in (tmp_path / "audit.html").read_text()


def test_a_file_for_other_classes_is_refused(birds, tmp_path, capsys):
    birds.write(tmp_path / "hierarchy")
    labels = tmp_path / "mine.json"
    labels.write_text('{"n00000000": "ghost"}')

    assert main(["audit", str(labels), "--experiment", str(tmp_path)]) == 1
    assert "none of its 1 wnids" in capsys.readouterr().err
    assert main(["audit", str(labels), "--experiment", str(tmp_path / "nowhere")]) == 1
    assert "run the experiment first" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["original", "one-up", "two-up", "search-count", "entry-level"])
def test_our_own_files_in_both_forms_have_the_same_findings(hierarchy, counts, tmp_path, name):
    by_name = counts.set_index("name")["count"]
    familiarity = {wnid: by_name[hierarchy.name(wnid)] for wnid in hierarchy.synsets}
    labelset = {
        "original": lambda: original(hierarchy),
        "one-up": lambda: ancestor(hierarchy, 1),
        "two-up": lambda: ancestor(hierarchy, 2),
        "search-count": lambda: search_count(hierarchy, familiarity, ["authors"]),
        "entry-level": lambda: entry_level(hierarchy, familiarity, 0.35),
    }[name]()
    labelset.write(tmp_path / "set.json", tmp_path / "set.parquet")
    as_json, as_parquet = (
        audit_file(hierarchy, tmp_path / f"set.{form}")[0] for form in ("json", "parquet")
    )
    assert as_json == as_parquet
    kinds = {finding.finding for finding in as_json}
    assert not kinds & {"not an ancestor", "no common ancestor"}


@pytest.mark.parametrize(
    "respelt",
    [str.title, str.upper, "{} ".format, lambda name: name.replace(" ", "_")],
    ids=["Title Case", "CAPITALS", "trailing space", "under_scores"],
)
def test_names_in_another_spelling_have_the_same_findings(hierarchy, respelt):
    labelset = ancestor(hierarchy, 2)
    labels = dict(zip(labelset.classes, labelset.label_index, strict=True))
    names = {wnid: respelt(labelset.names[label]) for wnid, label in labels.items()}

    def seen(labelset):
        return [(finding.finding, finding.classes) for finding in audit(labelset)]

    assert sorted(seen(named(hierarchy, names))) == sorted(seen(labelset))


def test_a_sound_label_set_has_no_findings(birds):
    names = {"crane#hoist": "hoist", "crane#bird": "waterbird", "duck": "waterbird"}
    names |= {"swan": "waterbird", "goose": "waterbird"}
    findings = found(birds, names)

    assert set(findings) == {("not an ancestor", "hoist")}


def test_the_page_shows_every_finding_and_escapes_names(birds):
    labelset = named(
        birds, {wnid: "<b>gun</b>" if wnid == "holster" else wnid for wnid in birds.classes}
    )
    table = audit_table(birds, {"mine": audit(labelset, 0)}, simulated={"mine"})
    page = audit_page(table, ["mine", "empty"], KINDS)

    assert "<b>gun" not in page
    assert "&lt;b&gt;gun&lt;/b&gt;" in page
    assert "Nothing found." in page
    assert page.count("are simulated") == 1
    assert all(kind in page for kind in KINDS)


def test_what_is_known_to_be_wrong_with_the_published_labels(published):
    findings = audit(published)
    number = Counter(finding.finding for finding in findings)
    homonyms = {finding.label for finding in findings if finding.finding == "homonym"}
    nested = {finding.label: finding.detail for finding in findings if finding.finding == "nested"}
    strangers = [
        wnid for each in findings if each.finding == "not an ancestor" for wnid in each.classes
    ]

    assert number["no common ancestor"] == 24
    assert len(strangers) == 22
    assert "screen" in homonyms
    assert "lies below bird" in nested["aquatic bird"]


def test_the_cut_never_nests(hierarchy, naming):
    from cil.labels.automatic import tree_cut

    kinds = {finding.finding for finding in audit(tree_cut(hierarchy, naming, 488))}
    assert not kinds & {"nested", "no common ancestor", "not an ancestor", "homonym"}
