"""Artifacts harmed on disk: refused by name with what to do, or read as they are, never worse."""

import pickle

import pandas
import pytest
import torch

from cil.errors import UserError
from cil.hierarchy import Hierarchy
from cil.labels.named import from_file
from cil.training.checkpoint import read_tensors, write_tensors

TENTHS = range(10)


@pytest.fixture(scope="module")
def tables(hierarchy, tmp_path_factory):
    """The hierarchy's tables and a label set, as the steps write them."""
    folder = tmp_path_factory.mktemp("tables")
    hierarchy.write(folder)
    labels = {wnid: hierarchy.name(wnid) for wnid in hierarchy.classes}
    return folder, labels


def harmed(content: bytes, tenth: int) -> bytes:
    """The first tenths of a file."""
    return content[: len(content) * tenth // 10]


HTML = b"<!DOCTYPE html><title>404</title>"


@pytest.mark.parametrize("name", ["classes", "synsets", "edges"])
@pytest.mark.parametrize("tenth", TENTHS)
def test_a_truncated_table_is_refused_by_name(tables, tmp_path, name, tenth):
    for path in tables[0].glob("*.parquet"):
        content = path.read_bytes()
        (tmp_path / path.name).write_bytes(harmed(content, tenth) if path.stem == name else content)

    with pytest.raises(UserError, match=rf"{name}\.parquet: not a readable Parquet file"):
        Hierarchy.read(tmp_path)


@pytest.mark.parametrize(
    "edit",
    [
        lambda classes: classes.drop(columns="wnid"),
        lambda classes: classes.assign(wnid=classes["wnid"].shift(fill_value="n00000000")),
        lambda classes: pandas.concat([classes, classes.tail(1)]),
        lambda classes: classes.drop(index=3),
    ],
    ids=["column gone", "rows moved", "row twice", "row gone"],
)
def test_a_table_edited_by_hand_is_refused(tables, tmp_path, edit):
    for path in tables[0].glob("*.parquet"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    classes = pandas.read_parquet(tmp_path / "classes.parquet")
    edit(classes).to_parquet(tmp_path / "classes.parquet", index=False)

    with pytest.raises(UserError):
        Hierarchy.read(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"n01440764": 3}', HTML, b"\xff\xfe\x00"])
def test_a_label_file_that_is_none_is_refused_by_name(hierarchy, tmp_path, content):
    path = tmp_path / "mine.json"
    path.write_bytes(content)

    with pytest.raises(UserError, match=r"mine\.json"):
        from_file(hierarchy, path)


@pytest.mark.parametrize("tenth", TENTHS)
def test_a_truncated_model_is_refused_by_name(tmp_path, tenth):
    path = tmp_path / "model.safetensors"
    write_tensors(path, {"weight": torch.ones(64, 64)}, {"labels": 64})
    path.write_bytes(harmed(path.read_bytes(), tenth))

    with pytest.raises(UserError, match=r"model\.safetensors: no readable model"):
        read_tensors(path)


def test_a_pickle_that_calls_the_shell_is_never_run_as_a_model(tmp_path):
    class Shell:
        def __reduce__(self):
            import os

            return os.system, (f"touch {tmp_path}/ran",)

    for path, write in (("a.safetensors", pickle.dump), ("b.safetensors", torch.save)):
        with (tmp_path / path).open("wb") as file:
            write(Shell(), file)
        with pytest.raises(UserError, match="no readable model"):
            read_tensors(tmp_path / path)
    assert not (tmp_path / "ran").exists()
