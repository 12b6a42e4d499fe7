"""Tables of votes in files: what is read, and what is refused."""

import csv

import pandas
import pytest
from people import CAT, DOG, NORWICH, TABBY, TERRIER, on_norwich, votes

from cil.errors import UserError
from cil.files import read_frame_csv
from cil.votes.agreement import by_class
from cil.votes.table import checked, clean_label, read_votes, write_table


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_votes_survive_a_file(hierarchy, tmp_path, ending):
    table = on_norwich(hierarchy, DOG, "a, “quoted” label", "?")
    write_table(table, tmp_path / f"votes{ending}")
    pandas.testing.assert_frame_equal(
        read_votes([tmp_path / f"votes{ending}"], hierarchy), table.sort_values("voter")
    )


@pytest.mark.parametrize("name", ["=1+1", "+44", "-5", "@cmd", "'=1", "''+", "'quoted'", "o'clock"])
def test_no_name_is_a_formula_and_an_import_gives_it_back(hierarchy, tmp_path, name):
    table = on_norwich(hierarchy, name).assign(voter=name)
    write_table(table, tmp_path / "votes.csv")
    with (tmp_path / "votes.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    found = read_votes([tmp_path / "votes.csv"], hierarchy)
    assert (found["label"].item(), found["voter"].item()) == (name, name)
    write_table(by_class(table, hierarchy), tmp_path / "classes.csv")
    spelled = read_frame_csv(tmp_path / "classes.csv", ("wnid", "name", "votes"))["votes"]
    assert f"{name} 1" in set(spelled)


def test_where_a_vote_was_cast_is_kept_and_may_be_unknown(hierarchy, tmp_path):
    table = on_norwich(hierarchy, DOG, DOG)
    assert table["cast_on"].tolist() == ["", ""], "an older file does not say"
    table["cast_on"] = ["page", "list"]
    write_table(table, tmp_path / "votes.csv")
    assert read_votes([tmp_path / "votes.csv"], hierarchy)["cast_on"].tolist() == ["page", "list"]
    table["cast_on"] = "street"
    write_table(table, tmp_path / "votes.csv")
    with pytest.raises(UserError, match=r"row 1: cast_on is 'street', expected one of page"):
        read_votes([tmp_path / "votes.csv"], hierarchy)


@pytest.mark.parametrize(
    ("written", "simulated"),
    [(each, True) for each in (True, 1, 1.0, "TRUE ", "1.0")]
    + [(each, False) for each in (False, 0, 0.0, "false", "", None)],
)
@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_whoever_is_simulated_is_known(hierarchy, tmp_path, ending, written, simulated):
    table = on_norwich(hierarchy, DOG).assign(simulated=written)
    write_table(table, tmp_path / f"votes{ending}")
    found = read_votes([tmp_path / f"votes{ending}"], hierarchy)["simulated"]
    assert found.dtype == bool and found.tolist() == [simulated]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_a_spreadsheet_writes_is_read(hierarchy, tmp_path, encoding, delimiter):
    table = on_norwich(hierarchy, DOG, "a, label; quoted")
    table.to_csv(tmp_path / "votes.csv", index=False, sep=delimiter, encoding=encoding)
    found = read_votes([tmp_path / "votes.csv"], hierarchy)
    assert found["label"].tolist() == table.sort_values("voter")["label"].tolist()


def test_a_row_with_a_cell_too_many_is_named_and_shifts_nothing(hierarchy, tmp_path):
    table = on_norwich(hierarchy, DOG, DOG)
    table.to_csv(tmp_path / "votes.csv", index=False)
    lines = (tmp_path / "votes.csv").read_text().splitlines()
    (tmp_path / "votes.csv").write_text("\n".join([lines[0], *(f"1,{line}" for line in lines[1:])]))
    with pytest.raises(UserError, match=r"votes\.csv, row 1: has 9 cells, but the first line 8"):
        read_votes([tmp_path / "votes.csv"], hierarchy)


def test_surveys_merge_and_the_latest_vote_counts(hierarchy, tmp_path):
    early = votes(hierarchy, ("a", NORWICH, DOG), ("b", NORWICH, DOG))
    late = votes(hierarchy, ("x", TABBY, CAT), ("y", TABBY, CAT), ("a", NORWICH, TERRIER))
    for order in ([early, late], [late, early]):
        paths = []
        for number, table in enumerate(order):
            write_table(table, tmp_path / f"{number}.csv")
            paths.append(tmp_path / f"{number}.csv")
        merged = read_votes(paths, hierarchy)
        assert len(merged) == 4
        assert merged.set_index(["voter", "wnid"]).loc[("a", NORWICH), "label"] == "terrier"


def test_times_of_any_zone_are_read_as_utc(hierarchy):
    table = on_norwich(hierarchy, DOG, DOG, DOG)
    table["cast_at"] = ["2026-01-31T12:00+09:00", "2026-01-31 12:00:00.5Z", "20260131T120000Z"]
    assert checked(table, hierarchy, "test")["cast_at"].tolist() == [
        "2026-01-31T03:00:00.000000Z",
        "2026-01-31T12:00:00.500000Z",
        "2026-01-31T12:00:00.000000Z",
    ]


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("  small\tdog\x00\u2028x ", "small dog x"),
        ("cafe\u0301 \u200b\ufeff\u202edog", "café dog"),  # nothing that only formats
        ("e\u00ad\u0301", "é"),  # composed after that is gone
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian, with the joiner that it is spelled with
        ("क्\u200dष", "क्\u200dष"),  # and Hindi
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("\U0001fae9", "\U0001fae9"),  # an emoji that Python's tables lack
        (" \u200d \u200cdog\u200d", "dog"),  # nothing to join
        ("\u200c\u200d\u200b\ud800", ""),
    ],
)
def test_a_label_keeps_what_can_be_seen(typed, label):
    assert clean_label(typed) == clean_label(label) == label


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("wnid", "n00000000", r"row 2: wnid is 'n00000000', expected a class"),
        ("label_wnid", CAT, r"row 2: label_wnid is .*, expected the class or a synset above"),
        ("kind", "guess", r"row 2: kind is 'guess', expected one of candidate, custom, unsure"),
        ("cast_at", "yesterday", r"row 2: cast_at is 'yesterday', expected a time"),
        ("cast_at", "2026-01-31T12:00:00", r"row 2: cast_at is .*, expected a time with its zone"),
        ("cast_at", "2026-01-31", r"row 2: cast_at is .*, expected a time with its zone"),
        ("voter", " ", r"row 2: voter is ''"),
        ("simulated", "perhaps", r"row 2: simulated is 'perhaps', expected true or false"),
        ("simulated", 2.0, r"row 2: simulated is '2.0', expected true or false"),
    ],
)
def test_a_wrong_row_is_named(hierarchy, tmp_path, column, value, message):
    table = on_norwich(hierarchy, DOG, DOG).astype(object)
    table.loc[1, column] = value
    table.to_csv(tmp_path / "votes.csv", index=False)
    with pytest.raises(UserError, match=message):
        read_votes([tmp_path / "votes.csv"], hierarchy)


def test_files_that_are_no_votes_are_refused(hierarchy, tmp_path):
    (tmp_path / "a.csv").write_text("wnid,label\n")
    (tmp_path / "b.parquet").write_text("nothing")
    for name, message in {
        "a.csv": "lacks the columns voter",
        "b.parquet": "not a readable Parquet",
        "c.csv": "no such file",
        "d.txt": "read from .csv or .parquet",
    }.items():
        with pytest.raises(UserError, match=message) as refused:
            read_votes([tmp_path / name], hierarchy)
        assert "delete" not in str(refused.value), "they are somebody's work"
