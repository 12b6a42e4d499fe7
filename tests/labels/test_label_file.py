"""Label files from anywhere are read whole, or refused by file and entry."""

import json

import pandas
import pytest
from hierarchies import made

from cil.cli import main
from cil.errors import UserError
from cil.labels.labelset import LabelSet
from cil.labels.named import from_file, read_labels

NAMES = {"duck": "bird", "swan": "bird", "dog": "dog"}


@pytest.fixture(scope="module")
def animals():
    return made({"duck": ["bird"], "swan": ["bird"], "bird": ["animal"], "dog": ["animal"]}, NAMES)


def table(**columns) -> pandas.DataFrame:
    """A sound table of labels, but for the columns that are given."""
    sound = {"index": range(3), "wnid": list(NAMES), "name": list(NAMES), "label": NAMES.values()}
    sound |= {"label_index": [0, 0, 1], "label_wnid": ["bird", "bird", None]}
    return pandas.DataFrame(sound | columns)


def test_both_forms_give_the_same_labels(animals, tmp_path):
    (tmp_path / "set.json").write_text(json.dumps(NAMES))
    table(label_wnid=["bird", "bird", "dog"]).to_parquet(tmp_path / "set.parquet")

    as_json, as_parquet = (
        read_labels(animals, tmp_path / f"set.{form}") for form in ("json", "parquet")
    )
    assert as_json == as_parquet
    assert LabelSet(animals, as_json).labels == from_file(animals, tmp_path / "set.parquet").labels


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"duck": "bird", "duck": "fowl"}', "'duck' stands twice, with 'bird' and 'fowl'"),
        ('{"duck": "bird", "swan": null}', r"entry 2 \(wnid 'swan'\): its label is None"),
        ('{"duck": "bird \\ud83d"}', "its label is 'bird .ud83d'; expected text, of whole"),
        ('{"\\ud83d": "bird"}', "its wnid is '.ud83d'"),
        ('[["duck", "bird"]]', 'found a list of lists; a label set is {"n01440764": "tench"'),
        ("{}", "found an empty object; a label set is"),
        ("3", "found 3; a label set is"),
        (
            '{"labels": {}, "by": "me"}',
            r"entry 1 \(wnid 'labels'\): its label is {}; expe",
        ),
        ('{"model": "resnet"}', "none of its 1 entries names a class, the first of them 'model'"),
        ('{"1": "bird", "2": "bird", "3": "dog"}', "classes by number, 1 to 3; expected each of 0"),
        ('["bird", "dog"]', "2 classes by number, 0 to 1; expected each of 0 to 2 once"),
    ],
)
def test_json_that_is_no_label_file_is_refused(animals, tmp_path, text, message):
    path = tmp_path / "set.json"
    path.write_text(text)
    for read in (read_labels, from_file):
        with pytest.raises(UserError, match=f"set.json.*{message}"):
            read(animals, path)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"wnid": ["duck", "swan", "duck"]}, "duck stands more than once, as 'bird' and 'dog'"),
        ({"wnid": ["duck", None, "dog"]}, r"entry 2 \(wnid None\): its wnid is None"),
        ({"label": ["bird", "bird", None]}, r"entry 3 \(wnid 'dog'\): its label is None"),
        ({"label": [3, 3, 4]}, "its label is 3; expected text"),
        ({"label_wnid": [3, 3, 4]}, "its label_wnid is 3; expected text"),
    ],
)
def test_a_table_that_is_no_label_set_is_refused(animals, tmp_path, columns, message):
    path = tmp_path / "set.parquet"
    table(**columns).to_parquet(path)
    for read in (read_labels, from_file):
        with pytest.raises(UserError, match=f"set.parquet.*{message}"):
            read(animals, path)


FORMS = {
    "numbers.json": '{"0": "bird", "1": "bird", "2": "dog"}',
    "keras.json": '{"0": ["n00000001", "bird"], "1": ["n00000002", "bird"],'
    ' "2": ["n00000003", "dog"]}',
    "list.json": '["bird", "bird", "dog"]',
    "names.json": '{"Mallard": "bird", "swan": "bird", "domestic_dog": "dog"}',
    "groups.json": '{"bird": ["n00000001", "n00000002"], "dog": ["n00000003"]}',
    "inner.json": '{"labels": {"n00000001": "bird", "swan": "bird", "dog": "dog"}}',
    "exported.json": '[{"label": "bird", "wnid": null, "classes": ["n00000001", "n00000002"]},'
    ' {"label": "dog", "wnid": null, "classes": ["n00000003"]}]',
    "rows.json": '[{"wnid": "n00000001", "label": "bird"}, {"wnid": "swan", "label": "bird"},'
    ' {"wnid": "dog", "label": "dog"}]',
    "set.yaml": "n00000001: bird\nn00000002: bird\nn00000003: dog\n",
    "list.yml": "- bird\n- bird\n- dog\n",
    "set.csv": "wnid,label\nn00000001,bird\nn00000002,bird\nn00000003,dog\n",
    "names.csv": "class,name,note\nmallard,bird,\nswan,bird,ok\ndog,dog,\n",
    "semicolons.csv": "Synset ID;Label\nn00000001;bird\nn00000002;bird\nn00000003;dog\n",
    "headless.tsv": "n00000001\tbird\nn00000002\tbird\nn00000003\tdog\n",
    "headless.csv": "0,bird\n1,bird\n2,dog\n",
    "words.txt": "n00000001 bird\nn00000002 bird\nn00000003 dog\n",
    "lines.txt": "bird\nbird\ndog\n",
}


@pytest.fixture(scope="module")
def numbered():
    """Three classes with wnids and several names, as WordNet's have."""
    names = {"n00000001": ["duck", "mallard"], "n00000002": ["swan"], "n00000003": ["dog"]}
    names["n00000003"].append("domestic dog")
    links = {"n00000001": ["bird"], "n00000002": ["bird"], "bird": [], "n00000003": []}
    return made(links, list(names), names)


def test_a_name_in_its_own_case_goes_before_one_in_another(tmp_path):
    names = {"n00000001": ["Cardigan", "Cardigan Welsh corgi"], "n00000002": ["cardigan"]}
    few = made({wnid: [] for wnid in names}, list(names), names)
    path = tmp_path / "names.json"
    path.write_text('{"Cardigan": "dog", "cardigan": "sweater"}')

    labels = read_labels(few, path)

    assert [labels[wnid].name for wnid in names] == ["dog", "sweater"]
    path.write_text('{"CARDIGAN": "dog"}')
    with pytest.raises(UserError, match="'CARDIGAN' is the name of 2 classes"):
        read_labels(few, path)


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("name", FORMS)
def test_every_form_whose_meaning_is_clear_is_read(numbered, tmp_path, name, mark):
    path = tmp_path / name
    path.write_text(mark + FORMS[name], encoding="utf-8")

    labels = read_labels(numbered, path)

    assert {wnid: label.name for wnid, label in labels.items()} == {
        "n00000001": "bird",
        "n00000002": "bird",
        "n00000003": "dog",
    }
    assert labels["n00000001"].wnid == "bird"
    assert from_file(numbered, path).labels == LabelSet(numbered, labels).labels


def test_a_parquet_of_wnid_and_label_is_read(numbered, tmp_path):
    path = tmp_path / "set.parquet"
    pandas.DataFrame({"wnid": numbered.classes, "label": ["bird", "bird", "dog"]}).to_parquet(path)

    assert [label.name for label in from_file(numbered, path).labels] == ["bird", "dog"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("crane.json", '{"crane": "bird", "dog": "dog"}', "entry 1: 'crane' is the name of 2 clas"),
        ("a.csv", "a,b\nx,y\n", "its columns are a, b; a label set is"),
        ("a.csv", "wnid,label\nn00000001,bird,x\n", "line 2 has 3 cells, but line 1 2; a label s"),
        ("a.csv", "wnid,label\ndog,bird\ndog,dog\n", "n00000003 stands more than once, as 'bird'"),
        ("a.yaml", "dog: a\ndog: b\n", "'dog' stands twice, with 'a' and 'b'"),
        ("a.yaml", "a: [b", "not a readable YAML file"),
        ("a.txt", "", "it is empty; a label set is"),
        ("a.json", "{", "not a readable JSON file"),
        ("a.parquet", "PAR1", "not a readable Parquet file"),
        ("a.csv", b"wnid,label\nn1,caf\xe9\n", "a.csv, line 2: not a text file in UTF-8"),
        ("a.json", json.dumps({"x": {"dog": "dog" * 9999}}), "its label is {'dog': 'dogdog"),
    ],
)
def test_other_files_are_refused_shortly_with_the_forms_that_are_taken(
    tmp_path, name, content, message
):
    cranes = {"n00000001": ["crane"], "n00000002": ["crane"], "n00000003": ["dog"]}
    few = made({wnid: [] for wnid in cranes}, list(cranes), cranes)
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for read in (read_labels, from_file):
        with pytest.raises(UserError) as refused:
            read(few, path)
        said = str(refused.value)
        assert name in said and message in said and len(said) < 900
        assert "delete" not in said and "run again" not in said and "anew" not in said


@pytest.mark.parametrize("others", [["--csv", "{set}"], ["--csv", "{new}", "--html", "{new}"]])
def test_an_audit_never_overwrites_what_it_reads_or_has_written(animals, tmp_path, capsys, others):
    animals.write(tmp_path / "hierarchy")
    labels, link = tmp_path / "set.json", tmp_path / "link.json"
    labels.write_text(json.dumps(NAMES))
    link.symlink_to(labels)
    options = [each.format(set=link, new=tmp_path / "new") for each in others]

    assert main(["audit", str(labels), "--experiment", str(tmp_path), *options]) == 1
    assert "which would be lost; name another file" in capsys.readouterr().err
    assert json.loads(labels.read_text()) == NAMES


def test_an_audit_of_a_folder_says_what_it_is(animals, tmp_path, capsys):
    animals.write(tmp_path / "hierarchy")
    (tmp_path / "set.json").mkdir()

    assert main(["audit", str(tmp_path / "set.json"), "--experiment", str(tmp_path)]) == 1
    assert "set.json: cannot be read: Is a directory" in capsys.readouterr().err
