"""`cil labels`, as a person calls it."""

import json

import pandas
import pytest

from cil.cli import main
from cil.labels.class_names import bundled

PUG, LION = "n02110958", "n02129165"


@pytest.fixture
def edits(tmp_path):
    def written(text):
        path = tmp_path / "edits.yaml"
        path.write_text(text)
        return str(path)

    return written


def test_the_label_set_of_the_package_is_what_it_makes(tmp_path, capsys):
    assert main(["labels", "--out", str(tmp_path / "people.csv")]) == 0
    table = pandas.read_csv(tmp_path / "people.csv")
    assert dict(zip(table["wnid"], table["display"], strict=True)) == bundled("people")
    assert "  dog (118): Chihuahua, " in capsys.readouterr().out


def test_edits_change_it_and_are_told(tmp_path, edits, capsys):
    file = edits(
        "drop: [lion]\nkeep: [dog]\nmerge: {pet bird: [parrot]}\nother: [n04141076]\n"
        "rename: {ashcan: trash can}\n"
    )
    out = tmp_path / "my.json"
    assert (
        main(["labels", "--labels", "300", "--edit", file, "--out", str(out), "--show", "0"]) == 0
    )
    labels = json.loads(out.read_text())
    assert LION not in labels and len(labels) == 999
    assert labels[PUG] == "pug"
    assert {"pet bird", "other", "trash can"} <= set(labels.values())
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said] == [
        *("keep dog", "merge parrot into pet bird", "merge n04141076 into other"),
        *("rename ashcan to trash can", said[-2], "written"),
    ]
    assert said[0].startswith("keep dog: dog 118 → ") and said[0].endswith("and 112 more")


def test_it_begins_with_a_file_and_compares(tmp_path, capsys):
    base = tmp_path / "two.json"
    base.write_text(json.dumps(dict.fromkeys(bundled("people"), "thing") | {PUG: "dog"}))
    assert main(["labels", "--base", str(base), "--compare", str(base), "original"]) == 0
    said = capsys.readouterr().out
    assert "2 labels of 1,000 classes" in said
    assert f"with {base} (2 labels): ARI 1.000" in said
    assert "with original (1000 labels): ARI 0.000" in said


def test_what_comes_with_the_package_is_a_base_as_well(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["labels", "--base", "people", "--out", "again.csv", "--show", "1"]) == 0
    table = pandas.read_csv("again.csv")
    assert dict(zip(table["wnid"], table["display"], strict=True)) == bundled("people")
    assert table["label_wnid"].notna().all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--out", "a.txt"], "--out a.txt: its ending says nothing of what to write"),
        (["--base", "original", "--labels", "3"], "--labels: is for a label set that is made"),
        (["--strategy", "survey"], "strategy survey: is none that needs no experiment"),
        (["--labels", "0"], "labels: found 0; allowed: 1 to"),
        (["--classes", "nowhere.txt"], "there is no file nowhere.txt"),
        (["--compare", "nowhere.json"], "nowhere.json"),
        (["--show", "-1"], "--show: found -1; expected 0 or more"),
        (["--language", "fra", "--html", "a.html"], "the page of --html is in English"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_written(options, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["labels", *options]) == 1
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("merg: {}", "merg: unknown key; did you mean merge?"),
        ("keep: dog", "keep: found 'dog'; expected a list"),
        ("merge: {vehicle: car}", "merge.vehicle: found 'car'; expected a list"),
        ("- dog", "found list; expected edits by kind"),
        ("keep: [dog", "not YAML"),
        ("base: people", "base: unknown key"),
        ("merge: {911: [car]}", "merge: found 911; expected text"),
        ("keep: [labrador]", "keep labrador: found 'labrador'; there is no such label"),
        ("drop: [entity]", "all of the 1,000 classes are dropped"),
    ],
)
def test_edits_that_cannot_be_are_refused(edits, text, message, capsys):
    assert main(["labels", "--edit", edits(text)]) == 1
    assert message in capsys.readouterr().err
