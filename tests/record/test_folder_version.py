"""A folder's fingerprint changes when its pictures do."""

import os

import pytest

from cil.record.folder_version import folder_version


@pytest.fixture
def pictures(tmp_path):
    """A folder of pictures with a fingerprint, none of whose times is now."""
    for split in ("train", "val"):
        for wnid in ("n02084071", "n02121620"):
            folder = tmp_path / "pictures" / split / wnid
            folder.mkdir(parents=True)
            (folder / "1.png").write_bytes(b"one")
    (tmp_path / "pictures" / "notes.txt").write_text("mine")
    for path in (tmp_path / "pictures").rglob("*"):
        os.utime(path, (1e9, 1e9))
    return tmp_path / "pictures"


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "train/n02084071/2.png").write_bytes(b"two"),
        lambda folder: (folder / "val/n02121620/1.png").unlink(),
        lambda folder: (folder / "val/n02121620").rename(folder / "val/n02085374"),
        lambda folder: (folder / "notes.txt").write_text("ours"),
        lambda folder: (folder / "train/lost").symlink_to("nowhere"),
    ],
    ids=["a picture added", "one removed", "a class renamed", "a file written over", "a link"],
)
def test_a_change_changes_it(pictures, change):
    before = folder_version(pictures)
    assert folder_version(pictures) == before
    change(pictures)
    assert folder_version(pictures) != before


def test_a_picture_added_to_tiny_imagenet_unpacked_changes_it(tmp_path):
    images = tmp_path / "tiny-imagenet-200/train/n02084071/images"
    images.mkdir(parents=True)
    os.utime(images, (1e9, 1e9))
    before = folder_version(tmp_path)
    (images / "n02084071_0.JPEG").write_bytes(b"one")
    assert folder_version(tmp_path) != before


def test_a_file_and_nothing_have_none(pictures):
    assert folder_version(pictures / "notes.txt") == folder_version("") == ""
