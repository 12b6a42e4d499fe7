"""The table of votes: a row per voter and class, from this application or from anywhere.

| column       | holds                                                                          |
|--------------|--------------------------------------------------------------------------------|
| `voter`      | who voted: any text, the same in all rows of one person                        |
| `wnid`       | the class                                                                      |
| `label`      | the name that the voter chose; empty for "not sure"                            |
| `label_wnid` | the synset that the voter chose; missing for a label of one's own, "not sure"  |
| `kind`       | `candidate`, `custom` or `unsure`                                              |
| `cast_at`    | when, in ISO 8601 with a time zone; once read, in UTC to the microsecond       |
| `cast_on`    | where: `page`, the class's own; `beside`, ticked on the page of another class; |
|              | `list`, among others by their usual names; empty where a file does not say     |
| `simulated`  | whether a computer voted; where a file lacks it, nobody was simulated          |
"""

import csv
import io
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pandas

from cil.errors import UserError
from cil.files import as_written, read_parquet, read_text, write_frame_csv, write_parquet
from cil.hierarchy import Hierarchy

COLUMNS = ("voter", "wnid", "label", "label_wnid", "kind", "cast_at")
ALL_COLUMNS = (*COLUMNS, "cast_on", "simulated")
KINDS = ("candidate", "custom", "unsure")
PLACES = ("page", "beside", "list")
_TRUTH = {"true": True, "1": True, "false": False, "0": False, "": False}
LABEL_LENGTH = 80  # characters of a label of one's own; the longest name of ImageNet has 33
JOINERS = "\u200c\u200d"  # zero-width, but they change the letters at both sides


def read_votes(paths: Iterable[str | Path], hierarchy: Hierarchy) -> pandas.DataFrame:
    """The votes in force of one or several files (CSV or Parquet), merged.

    Of several votes of one voter for one class the latest counts; of equally late ones the
    last, in the order of the files. Raises UserError, naming file and row, for a class that
    the hierarchy lacks, a synset that is no candidate of its class, or a malformed row.
    """
    frames = [checked(_read(Path(path)), hierarchy, str(path)) for path in paths]
    if not frames:
        raise UserError("votes: no file is given; name at least one")
    return in_force(pandas.concat(frames, ignore_index=True))


def write_table(frame: pandas.DataFrame, path: str | Path) -> None:
    """Write votes, or a table made from them, as CSV or Parquet, as the ending of `path` says."""
    if Path(path).suffix == ".csv":
        write_frame_csv(frame, path, float_format="%.4f")
    elif Path(path).suffix == ".parquet":
        write_parquet(frame, path)
    else:
        raise UserError(f"{path}: tables are written as .csv or .parquet; choose one")


def in_force(votes: pandas.DataFrame) -> pandas.DataFrame:
    """The latest vote of each voter for each class, sorted by voter and class."""
    return (
        votes.assign(_time=pandas.to_datetime(votes["cast_at"], format="ISO8601", utc=True))
        .sort_values("_time", kind="stable")
        .drop_duplicates(["voter", "wnid"], keep="last")
        .sort_values(["voter", "wnid"], ignore_index=True)[list(ALL_COLUMNS)]
    )


def clean_label(text: str) -> str:
    """A label as typed, in Unicode's composed form, one-spaced, without what cannot be seen.

    Within words joiners stay: Persian and Hindi are spelled with them, and many an emoji.
    """
    words = "".join(map(_seen, text)).split()
    joined = " ".join(filter(None, (word.strip(JOINERS) for word in words)))
    return unicodedata.normalize("NFC", joined)


def _seen(char: str) -> str:
    """A space for a control character, nothing for one that only formats, else `char`."""
    category = unicodedata.category(char)
    if category in ("Cc", "Cs"):
        return " "
    return "" if category == "Cf" and char not in JOINERS else char


def in_utc(time: str) -> str:
    """A time in ISO 8601 as UTC to the microsecond: such times are in order as texts.

    One without a zone, which surveys once took from files, is one in UTC.
    """
    moment = pandas.Timestamp(time)
    moment = moment.tz_convert("UTC") if moment.tzinfo else moment.tz_localize("UTC")
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


_FORM = f"a file of votes has the columns {', '.join(COLUMNS)}"


def _read(path: Path) -> pandas.DataFrame:
    if path.suffix == ".parquet":
        return read_parquet(path, COLUMNS, mend=_FORM)
    if path.suffix != ".csv":
        raise UserError(f"{path}: votes are read from .csv or .parquet files")
    text = read_text(path)
    heading = next(iter(text.splitlines()), "")
    delimiter = next((mark for mark in "\t;" if mark in heading), ",")  # as spreadsheets write it
    try:
        lines = [line for line in csv.reader(io.StringIO(text), delimiter=delimiter) if line]
    except csv.Error as error:
        raise UserError(f"{path}: not a readable CSV file ({error}); {_FORM}") from None
    columns = [name.strip() for name in lines[0]] if lines else []
    for number, line in enumerate(lines):
        if len(line) != len(columns):
            raise UserError(
                f"{path}, row {number}: has {len(line)} cells, but the first line {len(columns)}; "
                "correct the file or take the row out"
            )
    cells = [[as_written(cell) for cell in line] for line in lines[1:]]
    frame = pandas.DataFrame(cells, columns=columns, dtype=str)
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise UserError(
            f"{path}: lacks the columns {', '.join(missing)}; found "
            f"{', '.join(map(str, frame.columns))[:200]}; {_FORM} in its first line"
        )
    return frame


def checked(votes: pandas.DataFrame, hierarchy: Hierarchy, source: str) -> pandas.DataFrame:
    """`votes` with the column types of this module; UserError for a row that can't be.

    The name of a chosen synset is taken from the hierarchy, whatever the row calls it.
    """
    votes = votes.reset_index(drop=True).copy()
    for column in COLUMNS:
        votes[column] = votes[column].astype("string").fillna("").str.strip()
    votes["label"] = votes["label"].map(clean_label).astype("string")
    for column in ("cast_on", "simulated"):
        if column not in votes:
            votes[column] = ""
        votes[column] = votes[column].astype("string").fillna("").str.strip()
    # A truth value may come in capitals, or as 1.0.
    simulated = votes["simulated"].str.lower().str.replace(r"\.0+$", "", regex=True)
    _refuse(votes, ~simulated.isin(_TRUTH), source, "simulated", "true or false")
    votes["simulated"] = simulated.map(_TRUTH).astype(bool)
    told = votes["cast_on"].isin(["", *PLACES])
    _refuse(votes, ~told, source, "cast_on", f"one of {', '.join(PLACES)}, or nothing")
    _refuse(votes, votes["voter"] == "", source, "voter", "a name or number")
    _refuse(votes, ~votes["kind"].isin(KINDS), source, "kind", f"one of {', '.join(KINDS)}")
    known = votes["wnid"].isin(hierarchy.index)
    _refuse(votes, ~known, source, "wnid", "a class of this experiment")
    times = pandas.to_datetime(votes["cast_at"], format="ISO8601", utc=True, errors="coerce")
    _refuse(votes, times.isna(), source, "cast_at", "a time such as 2026-01-31T12:00:00Z")
    without = [pandas.Timestamp(time).tzinfo is None for time in votes["cast_at"]]
    zoneless = pandas.Series(without, index=votes.index, dtype=bool)
    _refuse(votes, zoneless, source, "cast_at", "a time with its zone, as 2026-01-31T12:00:00Z")
    votes["cast_at"] = votes["cast_at"].map(in_utc).astype("string")
    chosen = votes["kind"] == "candidate"
    possible = pandas.Series(
        [
            wnid == above or above in hierarchy.ancestors(wnid)
            for wnid, above in zip(votes["wnid"], votes["label_wnid"], strict=True)
        ],
        index=votes.index,
        dtype=bool,
    )
    _refuse(
        votes, chosen & ~possible, source, "label_wnid", "the class or a synset above it in WordNet"
    )
    own = votes["kind"] == "custom"
    wrong_length = ~votes["label"].str.len().between(1, LABEL_LENGTH)
    _refuse(votes, own & wrong_length, source, "label", f"1 to {LABEL_LENGTH} characters")
    votes.loc[chosen, "label"] = votes.loc[chosen, "label_wnid"].map(hierarchy.name)
    votes.loc[votes["kind"] == "unsure", "label"] = ""
    votes.loc[~chosen, "label_wnid"] = pandas.NA
    return votes[list(ALL_COLUMNS)]


def _refuse(
    votes: pandas.DataFrame, wrong: pandas.Series, source: str, column: str, expected: str
) -> None:
    """UserError for the first row that is `wrong`; rows count from 1 below the header."""
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise UserError(
            f"{source}, row {row + 1}: {column} is {str(votes[column][row])[:100]!r}, expected "
            f"{expected} ({int(wrong.sum())} such row{'s' * (int(wrong.sum()) > 1)}); "
            "correct the file or take the row out"
        )
