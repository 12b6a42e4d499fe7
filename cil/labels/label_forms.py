"""The forms in which people write label sets: JSON, YAML, Parquet, and tables of text."""

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas
import yaml

from cil.errors import UserError
from cil.files import parse_json, read_parquet, read_text, without_repeats

TAKEN = (
    'a label set is {"n01440764": "tench", …} as JSON or YAML; lines or a table (CSV, TSV, '
    "Parquet) with a wnid and a label each; or a list of labels, one for each class in order. "
    "Classes may be named by wnid, by number from 0, or by a name that no other class has"
)

# What people call the column of classes and that of labels; of several the first that is there.
_CLASS = ("wnid", "synset", "synset_id", "wordnet_id", "class", "class_id", "id", "index")
_LABEL = ("label", "label_name", "name", "class_name")
_WNID = re.compile(r"n\d{8}")
_WNID_LINE = re.compile(r"(n\d{8})[ \t]+(\S.*)")


class Row(NamedTuple):
    """What a file says of one class: `place` in the file, the class's `key`, and its label."""

    place: str
    key: Any
    label: Any
    label_wnid: Any = None


def read_rows(path: str | Path) -> list[Row]:
    """What a label file of any form says, in its order; nothing of it is checked but the form.

    Raises UserError, which says what forms there are, if it is of none.
    """
    path = Path(path)
    if path.suffix == ".parquet":
        return _from_parquet(path)
    text = read_text(path)
    try:
        if path.suffix == ".json" or text.lstrip()[:1] in ("{", "["):
            return list(_from_content(parse_json(text, path), path))
        if path.suffix in (".yaml", ".yml"):
            return list(_from_content(yaml.load(text, _loader(path)), path))
    except (ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        kind = "YAML" if path.suffix in (".yaml", ".yml") else "JSON"
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{path}: not a readable {kind} file ({reason}); {TAKEN}") from None
    return _from_lines(text, path)


def _unlike(path: Path, found: str) -> UserError:
    return UserError(f"{path}: {found}; {TAKEN}")


def _from_parquet(path: Path) -> list[Row]:
    table = read_parquet(path, mend=TAKEN)
    key, label = _columns([str(column) for column in table.columns], path)
    chosen = [table.iloc[:, key], table.iloc[:, label]]
    if "label_wnid" in table:
        chosen.append(table["label_wnid"])
    cells = [column.astype(object).where(column.notna(), None) for column in chosen]
    if pandas.api.types.is_integer_dtype(chosen[0]):
        cells[0] = cells[0].map(str)
    return [Row(f"entry {n}", *of) for n, of in enumerate(zip(*cells, strict=True), 1)]


def _columns(heads: list[str], path: Path) -> tuple[int, int]:
    """The places of the class and of the label in a table's first line."""
    names = [" ".join(head.casefold().split()).replace(" ", "_") for head in heads]
    key, label = (
        next((names.index(name) for name in known if name in names), None)
        for known in (_CLASS, _LABEL)
    )
    if key is None or label is None:
        raise _unlike(path, f"its columns are {', '.join(heads)[:200]}")
    return key, label


def _from_content(content: Any, path: Path) -> Iterator[Row]:
    """The rows of JSON or YAML: what its objects and lists are tells what they mean."""
    if isinstance(content, dict) and list(content) == ["labels"]:
        content = content["labels"]
    if isinstance(content, dict) and content:
        for number, (key, value) in enumerate(content.items(), 1):
            yield from _of_entry(f"entry {number}", key, value)
    elif isinstance(content, list) and content and not isinstance(content[0], list):
        for number, value in enumerate(content):
            yield from _of_item(f"entry {number + 1}", number, value, path)
    else:
        raise _unlike(path, f"found {_kind(content)}")


def _of_entry(place: str, key: str, value: Any) -> Iterator[Row]:
    """A class and its label; a number with wnid and label; or a label with its classes."""
    if not isinstance(value, list):
        yield Row(place, key, value)
    elif key.isdigit() and len(value) == 2 and _WNID.fullmatch(str(value[0])):
        yield Row(place, *value)
    else:
        yield from (Row(place, wnid, key) for wnid in value)


def _of_item(place: str, number: int, value: Any, path: Path) -> Iterator[Row]:
    """A label in the order of the classes; a label with its classes; or a class with its label."""
    if not isinstance(value, dict):
        yield Row(place, str(number), value)
    elif isinstance(value.get("classes"), list) and "label" in value:
        for wnid in value["classes"]:
            yield Row(place, wnid, value["label"], value.get("wnid"))
    else:
        key, label = _columns(list(value), path)
        yield Row(place, list(value.values())[key], list(value.values())[label])


def _kind(content: Any) -> str:
    kinds: dict[type, str] = {
        dict: "an empty object",
        list: "a list of lists" if content else "an empty list",
    }
    return kinds.get(type(content), f"{content!r:.60}")


def _from_lines(text: str, path: Path) -> list[Row]:
    """Lines "n01440764 tench"; a table with a line of headings or without; or one label a line."""
    lines = {n: line for n, line in enumerate(text.splitlines(), 1) if line.strip()}
    if not lines:
        raise _unlike(path, "it is empty")
    pairs = {n: _WNID_LINE.fullmatch(line.strip()) for n, line in lines.items()}
    whole = {n: pair for n, pair in pairs.items() if pair}
    if len(whole) == len(pairs):
        return [Row(f"line {n}", *pair.groups()) for n, pair in whole.items()]
    delimiter = _delimiter(lines.values(), path)
    if not delimiter:
        return [Row(f"line {n}", str(i), line.strip()) for i, (n, line) in enumerate(lines.items())]
    return _from_table(text, delimiter, path)


def _delimiter(lines: Iterable[str], path: Path) -> str | None:
    """What parts the cells of a table: the first of tab, semicolon and comma that is everywhere."""
    if path.suffix == ".txt":  # "tench, Tinca tinca" is one label
        return "\t" if all("\t" in line for line in lines) else None
    return next((mark for mark in "\t;," if all(mark in line for line in lines)), None)


def _from_table(text: str, delimiter: str, path: Path) -> list[Row]:
    reader = csv.reader(text.splitlines(), delimiter=delimiter, skipinitialspace=True)
    lines = ((reader.line_num, line) for line in reader if any(line))
    cells = {number: [cell.strip() for cell in line] for number, line in lines}
    first, heads = next(iter(cells.items()))
    headless = len(heads) == 2 and (heads[0].isdigit() or _WNID.fullmatch(heads[0]))
    key, label = (0, 1) if headless else _columns(heads, path)
    synset = heads.index("label_wnid") if "label_wnid" in heads else None
    rows = []
    for n, line in cells.items():
        if len(line) != len(heads):
            raise _unlike(path, f"line {n} has {len(line)} cells, but line {first} {len(heads)}")
        if headless or n != first:
            label_wnid = line[synset] or None if synset is not None else None
            rows.append(Row(f"line {n}", line[key], line[label], label_wnid))
    return rows


def _loader(path: Path) -> type[yaml.BaseLoader]:
    """Reads every scalar as the text that it is, and refuses a key that stands twice."""

    class Loader(yaml.BaseLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
            return without_repeats(path, self.construct_pairs(node, deep))

    return Loader
