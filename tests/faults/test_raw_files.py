"""Small raw files spoilt in every way: refused by name, or read as what they now say."""

import json
import random
from pathlib import Path

import pandas
import pytest
from raw import harmed

from cil.errors import UserError
from cil.hierarchy import Hierarchy
from cil.images.class_list import class_list
from cil.images.imagenet32 import read_class_order
from cil.labels.named import from_file
from cil.search.sources.published import Published
from cil.sources.hypernyms import hierarchy_above
from cil.votes.table import read_votes

LIST = Path(__file__).parents[1] / "small" / "classes.txt"
NAMES = ("classes.txt", "labels.json", "votes.csv", "votes.parquet", "counts.json", "order.txt")
# Cut between two lines they are shorter files, and whole.
LINES = ("classes.txt", "votes.csv")


@pytest.fixture(scope="module")
def few(wordnet) -> Hierarchy:
    """The hierarchy of the small experiment's classes."""
    return hierarchy_above(LIST.read_text().split(), wordnet)


@pytest.fixture
def write(few, tmp_path):
    """Write a raw file of the given name, whole: its path and a way to read it."""
    votes = pandas.DataFrame(
        {
            "voter": ["a"] * len(few.classes),
            "wnid": list(few.classes),
            "label": [few.name(wnid) for wnid in few.classes],
            "label_wnid": list(few.classes),
            "kind": "candidate",
            "cast_at": "2026-01-01T00:00:00Z",
        }
    )

    def write(name: str, wordnet=None):
        path = tmp_path / name
        match name:
            case "classes.txt":
                path.write_bytes(LIST.read_bytes())
                return path, lambda: hierarchy_above(
                    class_list("synthetic", "", str(path), ""), wordnet
                )
            case "labels.json":
                path.write_text(json.dumps({wnid: few.name(wnid) for wnid in few.classes}))
                return path, lambda: from_file(few, path)
            case "votes.csv":
                votes.to_csv(path, index=False)
                return path, lambda: read_votes([path], few)
            case "votes.parquet":
                votes.to_parquet(path, index=False)
                return path, lambda: read_votes([path], few)
            case "counts.json":
                path.write_text(json.dumps({few.name(wnid): 1 for wnid in few.classes}))
                return path, lambda: Published(path)
            case "order.txt":
                lines = (f"n{10**7 + i} {i + 1} name_{i}" for i in range(1000))
                path.write_text("\n".join(lines))
                return path, lambda: read_class_order(path)
        raise AssertionError(name)

    return write


@pytest.mark.parametrize("name", NAMES)
def test_a_cut_empty_or_foreign_file_is_refused_by_name(write, wordnet, name):
    path, read = write(name, wordnet)
    read()
    whole = path.read_bytes()
    for harm, content in harmed(whole).items():
        path.write_bytes(content)
        try:
            read()
        except UserError as refusal:
            assert name in str(refusal) or "class list, entry" in str(refusal), harm
        else:
            assert name in LINES and whole.startswith(content), harm


@pytest.mark.filterwarnings("ignore:No WordNet synset found")
@pytest.mark.parametrize("name", NAMES)
def test_a_flipped_bit_never_ends_in_another_error(write, wordnet, name):
    path, read = write(name, wordnet)
    whole, chance = path.read_bytes(), random.Random(0)
    refused = 0
    for _ in range(40):
        content = bytearray(whole)
        content[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        try:
            read()
        except UserError:
            refused += 1
    assert refused
