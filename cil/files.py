"""Reading and writing artifacts: whole or not at all, and checked when read."""

import codecs
import csv
import hashlib
import json
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cil.errors import UserError
from cil.writing import atomic_path

if TYPE_CHECKING:
    from pandas import DataFrame

logger = logging.getLogger(__name__)


def write_text(text: str, path: str | Path) -> None:
    """Write `text` to `path` as UTF-8, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(content: Any, path: str | Path) -> None:
    """Write `content` to `path` as indented JSON, atomically."""
    write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", path)


# What some editors and spreadsheets begin a text file with, and the encoding that it stands for.
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def path_of(text: str) -> Path:
    """The path that a person wrote, with `~` as their home; as it is where there is no home."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 - which would raise an error then


def read_text(path: str | Path) -> str:
    """The text of a file that a person wrote: UTF-8, or what its byte order mark says.

    Raises UserError if there is no such file, or it is none of text.
    """
    try:
        content = Path(path).read_bytes()
        encodings = (kind for mark, kind in _BYTE_ORDER_MARKS.items() if content.startswith(mark))
        return content.decode(next(encodings, "utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UserError(
            f"{path}, line {line}: not a text file in UTF-8 ({error.reason}); save it as UTF-8"
        ) from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None


def parse_json(text: str, path: str | Path) -> Any:
    """The content of the JSON `text` of `path`.

    Raises ValueError or RecursionError if it is none, and UserError if an object has a key twice,
    of which one value would be lost.
    """
    return json.loads(text, object_pairs_hook=partial(without_repeats, path))


def read_json(path: str | Path) -> Any:
    """The content of a JSON file.

    Raises UserError if it is missing or is not JSON, or if an object has a key twice, of which
    one value would be lost.
    """
    try:
        return parse_json(Path(path).read_text(encoding="utf-8-sig"), path)
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(
            f"{path}: not a readable JSON file ({error}); make or fetch it anew"
        ) from None


def without_repeats(path: str | Path, pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """The dictionary of `pairs`; UserError if one key of the file `path` stands twice."""
    content: dict[Any, Any] = {}
    for key, value in pairs:
        if key in content:
            raise UserError(
                f"{path}: {key!r} stands twice, with {content[key]!r:.60} and {value!r:.60}; "
                "keep one of the two"
            )
        content[key] = value
    return content


def write_csv(rows: Sequence[Mapping[str, Any]], path: str | Path, columns: Sequence[str]) -> None:
    """Write `rows` to `path` as CSV with a header of `columns`, atomically."""
    with (
        atomic_path(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


_FORMULA = re.compile(r"'*[=+\-@\t\r]")  # what a spreadsheet would compute, or had been guarded


def inert(text: Any) -> Any:
    """`text` with an apostrophe before it if a spreadsheet would take it for a formula."""
    return f"'{text}" if isinstance(text, str) and _FORMULA.match(text) else text


def as_written(text: Any) -> Any:
    """The text that `inert` made safe."""
    if isinstance(text, str) and text.startswith("'") and _FORMULA.match(text):
        return text[1:]
    return text


def frame_csv(frame: "DataFrame", float_format: str | None = None) -> str:
    """A pandas frame as CSV without its index; texts arrive in a spreadsheet as texts (`inert`)."""
    texts = frame.select_dtypes(exclude=["number", "bool", "datetime"]).columns
    safe = frame.assign(**{column: frame[column].map(inert) for column in texts})
    return safe.to_csv(index=False, lineterminator="\n", float_format=float_format)


def write_frame_csv(frame: "DataFrame", path: str | Path, float_format: str | None = None) -> None:
    """Write a pandas frame to `path` as CSV (see `frame_csv`), atomically.

    `float_format` is pandas' (such as "%.4f"); None writes every digit.
    """
    write_text(frame_csv(frame, float_format), path)


def read_frame_csv(path: str | Path, texts: Sequence[str]) -> "DataFrame":
    """The CSV file at `path`, as `write_frame_csv` wrote it, as a pandas frame of the same values.

    `texts` are the columns of text, in which an empty cell is an empty text; in others it is a
    missing number.
    """
    import pandas

    frame = pandas.read_csv(
        path,
        dtype=dict.fromkeys(texts, str),
        float_precision="round_trip",
        na_values=[""],
        keep_default_na=False,
    )
    frame = frame.fillna(dict.fromkeys(texts, ""))
    return frame.assign(**{column: frame[column].map(as_written) for column in texts})


def write_parquet(frame: "DataFrame", path: str | Path) -> None:
    """Write a pandas frame to `path` as Parquet without its index, atomically.

    The bytes depend on the rows alone (no time, no machine), so that equal tables have
    equal checksums.
    """
    with atomic_path(path) as temporary:
        frame.to_parquet(temporary, index=False)


def read_parquet(
    path: str | Path, columns: Sequence[str] = (), mend: str = "delete the file and run again"
) -> "DataFrame":
    """The Parquet file at `path` as a pandas frame, with at least `columns`.

    Raises UserError if the file is missing, is not Parquet, or lacks one of the columns; `mend`
    says what to do then, for a file that is no artifact.
    """
    import pandas
    import pyarrow

    try:
        frame = pandas.read_parquet(path)
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise UserError(f"{path}: not a readable Parquet file ({error}); {mend}") from None
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise UserError(
            f"{path}: lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; "
            f"found {', '.join(map(str, frame.columns))}; {mend}"
        )
    return frame


def files_below(folder: str | Path) -> Iterator[Path]:
    """The files below `folder`, in the order of their names; hidden ones are of no account.

    Links to folders are followed, but not into a circle. Raises UserError for a folder that
    cannot be read.
    """
    yield from _below(str(folder), frozenset())


def _below(folder: str, above: frozenset[tuple[int, int]]) -> Iterator[Path]:
    try:
        status = os.stat(folder)  # noqa: PTH116 - of many folders
        with os.scandir(folder) as listed:
            entries = sorted(
                (entry for entry in listed if not entry.name.startswith(".")),
                key=lambda entry: entry.name,
            )
    except OSError as error:
        raise UserError(f"{folder}: cannot be read: {error.strerror}") from None
    here = (status.st_dev, status.st_ino)
    if here in above:
        return
    for entry in entries:
        if entry.is_dir():
            yield from _below(entry.path, above | {here})
        else:
            yield Path(entry.path)


def sha256_of(path: str | Path) -> str:
    """The SHA-256 of a file as 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
