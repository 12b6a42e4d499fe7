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
        ('[["duck", "bird"]]', 'expected {"n01440764": "tench"'),
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


def test_an_audit_of_a_folder_says_what_it_is(animals, tmp_path, capsys):
    animals.write(tmp_path / "hierarchy")
    (tmp_path / "set.json").mkdir()

    assert main(["audit", str(tmp_path / "set.json"), "--experiment", str(tmp_path)]) == 1
    assert "set.json: not a readable JSON file" in capsys.readouterr().err
