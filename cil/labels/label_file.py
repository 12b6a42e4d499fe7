"""Label files from anywhere: the one reader of what label_forms.py takes, checked whole."""

import re
from collections.abc import Iterable, Sequence
from importlib.metadata import distribution
from pathlib import Path

import pandas

from cil.errors import UserError
from cil.files import read_parquet
from cil.labels.class_names import Classes, ClassNames
from cil.labels.label_forms import TAKEN, Row, read_rows

COLUMNS = ("wnid", "label", "label_wnid")
_HALF = re.compile("[\ud800-\udfff]")  # of a character: JSON can write it, UTF-8 cannot
_WNID = re.compile(r"n\d{8}")
_LEMMAS = "timm/data/_info/imagenet_synset_to_lemma.txt"


def read_label_file(path: str | Path, classes: Classes) -> pandas.DataFrame:
    """The rows of a label file, with the columns wnid, label, and label_wnid, perhaps None.

    A class is named by its wnid, its index in `classes`, or a name that no other class has.
    Wnids that are not in `classes` are kept; a label may be empty.

    Raises UserError if the file is of no form that is taken, a wnid or label is no text, a class
    stands twice, or it can't be told which class is meant.
    """
    rows = read_rows(path)
    _check_text(path, [row[1:] for row in rows], [row.place for row in rows])
    labels = [(row.label, row.label_wnid) for row in rows]
    table = pandas.DataFrame(labels, columns=COLUMNS[1:], dtype=object)
    table.insert(0, "wnid", _wnids(path, rows, classes))
    _check_once(path, table)
    return table


def read_label_table(path: str | Path, columns: Sequence[str] = COLUMNS) -> pandas.DataFrame:
    """A Parquet artifact with at least `columns`, with None where `label_wnid` is null.

    Raises UserError if a column is missing, a cell of these is no text, or a wnid stands twice.
    """
    table = read_parquet(path, columns)
    cells = table[list(COLUMNS)].astype(object)
    table[list(COLUMNS)] = cells = cells.where(cells.notna(), None)
    _check_text(path, cells.itertuples(index=False))
    _check_once(path, table)
    return table


def imagenet_names(wnids: Iterable[str]) -> dict[str, list[str]]:
    """The names of WordNet's nouns by wnid, as the package timm lists them."""
    text = Path(str(distribution("timm").locate_file(_LEMMAS))).read_text(encoding="utf-8")
    names = dict(line.split("\t") for line in text.splitlines())
    return {wnid: names.get(wnid, "").split(", ") for wnid in wnids}


def _wnids(path: str | Path, rows: Sequence[Row], classes: Classes) -> list[str]:
    """The wnid of each row; a key that is no class's stays as it is."""
    keys = [row.key for row in rows]
    if all(key.isdecimal() for key in keys):
        return _numbered(path, list(map(int, keys)), classes)
    if all(key in classes or _WNID.fullmatch(key) for key in keys):
        return keys
    names = ClassNames(classes)
    found = [_named(path, row, names) for row in rows]
    if not any(wnid in classes or _WNID.fullmatch(wnid) for wnid in found):
        raise UserError(
            f"{path}: none of its {len(rows):,} entries names a class, the first of them "
            f"{keys[0][:60]!r}; {TAKEN}"
        )
    return found


def _numbered(path: str | Path, numbers: list[int], classes: Classes) -> list[str]:
    if sorted(numbers) != list(range(len(classes))):
        raise UserError(
            f"{path}: {len(numbers):,} classes by number, {min(numbers)} to {max(numbers)}; "
            f"expected each of 0 to {len(classes) - 1} once, in the order of the {len(classes)} "
            "classes, or wnids"
        )
    wnids = list(classes)
    return [wnids[number] for number in numbers]


def _named(path: str | Path, row: Row, classes: ClassNames) -> str:
    """The wnid of a row's class, or its key where it names none."""
    meant = classes.meant(row.key) or [row.key]
    if len(meant) > 1:
        raise UserError(
            f"{path}, {row.place}: {row.key!r} is the name of {len(meant)} classes, "
            f"{' and '.join(meant)}; name the classes by their wnids"
        )
    return meant[0]


def _check_text(path: str | Path, rows: Iterable[tuple], places: Sequence[str] = ()) -> None:
    """Refuse what cannot be written as text; `rows` are of COLUMNS, the last may be None."""
    for number, row in enumerate(rows):
        for column, value in zip(COLUMNS, row, strict=True):
            if value is None and column == "label_wnid":
                continue
            if not isinstance(value, str) or _HALF.search(value):
                place = places[number] if places else f"entry {number + 1}"
                raise UserError(
                    f"{path}, {place} (wnid {row[0]!r:.40}): its {column} is {value!r:.60}; "
                    "expected text, of whole characters"
                )


def _check_once(path: str | Path, table: pandas.DataFrame) -> None:
    twice = table[table["wnid"].duplicated(keep=False)]
    if len(twice):
        wnid = twice["wnid"].iloc[0]
        labels = " and ".join(f"{label!r:.60}" for label in twice["label"][twice["wnid"] == wnid])
        raise UserError(f"{path}: {wnid} stands more than once, as {labels}; keep one of its rows")
