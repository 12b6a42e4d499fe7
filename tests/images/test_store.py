"""The image store: what is written is read, what is damaged is refused."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from cil.errors import UserError
from cil.images.store import ImageStore, write_store

CLASSES = ["n01440764", "n01443537", "n01484850"]
ABOUT = {"kind": "synthetic", "synthetic": True, "description": "drawn by a test", "source": "test"}


def chunks(count, side=8, classes=3, size=7):
    """Pictures that are all different, a few at a time, and their classes in turn."""
    for start in range(0, count, size):
        numbers = np.arange(start, min(start + size, count))
        pixels = (numbers[:, None] * 31 + np.arange(side * side * 3)) % 256
        yield pixels.reshape(-1, side, side, 3).astype(np.uint8), numbers % classes


@pytest.fixture
def folder(tmp_path):
    """A store of 20 and 9 pictures."""
    write_store(tmp_path / "images", {"train": chunks(20), "val": chunks(9)}, CLASSES, 8, ABOUT)
    return tmp_path / "images"


def test_what_is_written_is_read(folder):
    store = ImageStore.open(folder)

    assert store.train.shape == (20, 8, 8, 3)
    assert store.val.shape == (9, 8, 8, 3)
    assert store.train.dtype == np.uint8
    assert isinstance(store.train, np.memmap)
    expected = np.concatenate([pictures for pictures, _ in chunks(20)])
    np.testing.assert_array_equal(store.train, expected)
    np.testing.assert_array_equal(store.train_classes, np.arange(20) % 3)
    assert (store.resolution, store.classes) == (8, CLASSES)
    assert store.meta["description"] == "drawn by a test"


def test_the_files_are_plain_numpy_files(folder):
    assert sorted(path.name for path in folder.iterdir()) == [
        *("meta.json", "train.npy", "train_classes.npy", "val.npy", "val_classes.npy")
    ]
    assert np.load(folder / "train.npy").shape == (20, 8, 8, 3)


def test_equal_pictures_make_equal_bytes(folder, tmp_path):
    again = tmp_path / "again"
    # However they are cut into chunks.
    splits = {"train": chunks(20, size=3), "val": chunks(9, size=1)}
    write_store(again, splits, CLASSES, 8, ABOUT)

    for path in folder.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name


def test_each_splits_pixels_have_a_checksum(folder):
    store = ImageStore.open(folder)

    for split, pictures in (("train", store.train), ("val", store.val)):
        assert store.sha256(split) == hashlib.sha256(pictures.tobytes()).hexdigest()


def test_a_store_of_before_checksums_opens(folder):
    meta = json.loads((folder / "meta.json").read_text())
    del meta["sha256"]
    (folder / "meta.json").write_text(json.dumps(meta))

    assert ImageStore.open(folder).sha256("train") == ""


def test_a_class_without_pictures_is_named(tmp_path):
    splits = {"train": chunks(20), "val": chunks(20, classes=2)}

    with pytest.raises(UserError, match="test: 1 of 3 classes have no picture in val: n01484850"):
        write_store(tmp_path / "images", splits, CLASSES, 8, ABOUT)
    assert list((tmp_path / "images").iterdir()) == []


def test_an_error_on_the_way_leaves_nothing(tmp_path):
    def broken():
        yield from chunks(20)
        raise UserError("batch 3: damaged")

    with pytest.raises(UserError, match="batch 3: damaged"):
        write_store(tmp_path / "images", {"train": chunks(20), "val": broken()}, CLASSES, 8, ABOUT)
    assert list((tmp_path / "images").iterdir()) == []


def test_a_store_that_is_being_rewritten_is_none(folder):
    """A kill between two files must not leave a mixture that looks whole."""

    def broken():
        assert not (folder / "meta.json").exists()
        raise UserError("stopped")
        yield

    with pytest.raises(UserError, match="stopped"):
        write_store(folder, {"train": broken(), "val": chunks(9)}, CLASSES, 8, ABOUT)
    with pytest.raises(UserError, match=r"meta\.json: there is no such file"):
        ImageStore.open(folder)


ARRAYS = ["train.npy", "train_classes.npy", "val.npy", "val_classes.npy"]


@pytest.mark.parametrize("name", [*ARRAYS, "meta.json"])
@pytest.mark.parametrize("tenths", range(10))
def test_a_cut_off_file_is_refused_by_name(folder, name, tenths):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) * tenths // 10])

    with pytest.raises(UserError) as refusal:
        ImageStore.open(folder)
    assert str(folder / name) in str(refusal.value)


@pytest.mark.parametrize("name", [*ARRAYS, "meta.json"])
def test_a_missing_or_foreign_file_is_refused_by_name(folder, name):
    (folder / name).write_text("<html>Sign in first</html>")
    with pytest.raises(UserError, match=name):
        ImageStore.open(folder)
    (folder / name).unlink()
    with pytest.raises(UserError, match=f"{name}: there is no such file"):
        ImageStore.open(folder)


def test_arrays_that_do_not_agree_are_refused(folder):
    np.save(folder / "val.npy", np.zeros((9, 16, 16, 3), np.uint8))
    with pytest.raises(UserError, match=r"val\.npy: holds uint8 \(9, 16, 16, 3\), but meta\.json"):
        ImageStore.open(folder)


def test_a_class_out_of_range_is_refused(folder):
    np.save(folder / "val_classes.npy", np.full(9, 3))
    with pytest.raises(UserError, match=r"val_classes\.npy: holds class 3 to 3; there are 3"):
        ImageStore.open(folder)


def test_pickled_objects_are_not_unpickled(folder):
    np.save(folder / "val_classes.npy", np.array([{}] * 9, dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match=r"val_classes\.npy: not a whole array"):
        ImageStore.open(folder)


@pytest.mark.parametrize("wrong", [{"pictures": {"train": "20", "val": 9}}, {"sha256": "0"}])
def test_lengths_and_checksums_must_be_such(folder, wrong):
    meta = json.loads((folder / "meta.json").read_text())
    (folder / "meta.json").write_text(json.dumps(meta | wrong))
    with pytest.raises(UserError, match=r"meta\.json: not the description of an image store"):
        ImageStore.open(folder)


def test_reading_needs_numpy_alone():
    """Training imports this on GPU machines that have little else."""
    program = "import cil.images.store, sys; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True).split()

    assert "numpy" in loaded
    assert not {"pandas", "PIL", "requests", "tqdm", "timm", "snakemake"} & set(loaded)
