"""Label files from anywhere: {wnid: label} as JSON, or this project's Parquet table."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas

from cil.errors import UserError
from cil.files import read_json, read_parquet

COLUMNS = ("wnid", "label", "label_wnid")
_HALF = re.compile("[\ud800-\udfff]")  # of a character: JSON can write it, UTF-8 cannot


def read_names(path: str | Path) -> dict[str, str]:
    """The label, perhaps empty, of each wnid in a JSON file.

    Raises UserError if the file has another form, or a wnid or label is no text.
    """
    names = read_json(path)
    if not isinstance(names, dict):
        raise UserError(f'{path}: expected {{"n01440764": "tench", …}}, a label for each class')
    _check_text(path, ((wnid, name, None) for wnid, name in names.items()))
    return names


def read_label_table(path: str | Path, columns: Sequence[str] = COLUMNS) -> pandas.DataFrame:
    """A Parquet file with at least `columns`, with None where `label_wnid` is null.

    Raises UserError if a column is missing, a cell of these is no text, or a wnid stands twice.
    """
    table = read_parquet(path, columns)
    cells = table[list(COLUMNS)].astype(object)
    table[list(COLUMNS)] = cells = cells.where(cells.notna(), None)
    _check_text(path, cells.itertuples(index=False))
    twice = table[table["wnid"].duplicated(keep=False)]
    if len(twice):
        wnid = twice["wnid"].iloc[0]
        labels = " and ".join(map(repr, twice["label"][twice["wnid"] == wnid]))
        raise UserError(f"{path}: {wnid} stands more than once, as {labels}; keep one of its rows")
    return table


def _check_text(path: str | Path, rows: Iterable[tuple]) -> None:
    """Refuse what cannot be written as text; `rows` are of COLUMNS, the last may be None."""
    for number, row in enumerate(rows, 1):
        for column, value in zip(COLUMNS, row, strict=True):
            if value is None and column == "label_wnid":
                continue
            if not isinstance(value, str) or _HALF.search(value):
                raise UserError(
                    f"{path}, entry {number} (wnid {row[0]!r}): its {column} is {value!r}; "
                    "expected text, of whole characters"
                )
