"""Tiny ImageNet's zip: read where it lies, refused where it is not what it should be."""

import random
import zipfile

import numpy as np
import pytest
from raw import CLASSES, harmed, jpeg, tiny_members, write_zip

from cil.errors import UserError
from cil.images.class_list import class_list
from cil.images.samples import SamplePictures
from cil.images.store import ImageStore, write_store
from cil.images.tiny_imagenet import TinyImageNetArchive

FIRST = f"tiny-imagenet-200/train/{CLASSES[0]}/images/{CLASSES[0]}_0.JPEG"


def store(path, folder, side=16, classes=CLASSES):
    with TinyImageNetArchive(path) as archive:
        about = {"kind": "tiny-imagenet", "source": str(path)}
        write_store(folder, archive.splits(classes, side), classes, side, about)
    return ImageStore.open(folder)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "images"


def test_the_sample_is_read_without_unpacking_it(sample_data, folder, tmp_path):
    path = sample_data / "tiny-imagenet-200-sample.zip"
    classes = class_list("tiny-imagenet", str(path), "", "no WordNet needed")

    made = store(path, folder, 16, classes)

    assert len(classes) == 200
    assert made.meta["pictures"] == {"train": 12000, "val": 2000}
    assert [entry.name for entry in tmp_path.iterdir()] == ["images"]


def test_pictures_and_classes_belong_together(tmp_path, folder):
    """Every class has its own grey level, in both splits, whatever order classes are listed in."""
    path = write_zip(tmp_path / "tiny.zip", tiny_members())

    made = store(path, folder, 8, CLASSES[::-1])

    for pictures, classes in ((made.train, made.train_classes), (made.val, made.val_classes)):
        for picture, index in zip(pictures, classes, strict=True):
            assert abs(int(picture.mean()) - 40 * (2 - index)) <= 1


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_grey_and_cmyk_pictures_become_rgb(tmp_path, folder, mode):
    path = write_zip(tmp_path / "tiny.zip", {**tiny_members(), FIRST: jpeg(3, mode=mode)})

    assert abs(int(store(path, folder).train[0].mean()) - 120) <= 3


def test_a_harmed_zip_is_refused_by_name(tmp_path, folder):
    path = write_zip(tmp_path / "tiny.zip", tiny_members())
    for harm, content in harmed(path.read_bytes()).items():
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"tiny\.zip: not a whole zip file"):
            store(path, folder)
            pytest.fail(harm)


def test_flipped_bytes_never_end_in_another_error(tmp_path, folder):
    path = write_zip(tmp_path / "tiny.zip", tiny_members(), zipfile.ZIP_STORED)
    whole = path.read_bytes()
    chance = random.Random(0)
    refused = 0
    for _ in range(60):
        content = bytearray(whole)
        content[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        try:
            store(path, folder)
        except UserError as refusal:
            assert str(path) in str(refusal)
            refused += 1
    assert refused > 30


@pytest.mark.parametrize(
    "name", ["../escaped.txt", "/tmp/escaped.txt", "tiny-imagenet-200/../../x.JPEG", "..\\x.JPEG"]
)
def test_names_that_point_outside_are_refused(tmp_path, folder, name):
    path = write_zip(tmp_path / "tiny.zip", {**tiny_members(), name: b"x"})

    with pytest.raises(UserError, match=r"tiny\.zip: holds a file named .* points outside"):
        store(path, folder)


@pytest.mark.parametrize("name", [FIRST, "tiny-imagenet-200/wnids.txt"])
def test_a_zip_bomb_is_refused(tmp_path, folder, name):
    path = write_zip(tmp_path / "tiny.zip", {**tiny_members(), name: bytes(200_000_000)})

    with pytest.raises(UserError, match=f"tiny.zip: {name} unpacks to more than"):
        store(path, folder)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "not a picture"),
        (b"<html>Sign in first</html>", "not a picture; it begins with b'<html>"),
        (jpeg(0)[:-200], "a damaged picture"),
        (jpeg(0, side=32), "32×32 pixels, expected 64×64"),
    ],
    ids=["empty", "a web page", "cut off", "another size"],
)
def test_a_picture_that_is_none_is_named(tmp_path, folder, content, message):
    path = write_zip(tmp_path / "tiny.zip", {**tiny_members(), FIRST: content})

    with pytest.raises(UserError, match=f"tiny.zip: {FIRST}: {message}"):
        store(path, folder)
    assert list(folder.iterdir()) == []


def without(*names):
    return {name: content for name, content in tiny_members().items() if name not in names}


ANNOTATIONS = "tiny-imagenet-200/val/val_annotations.txt"


@pytest.mark.parametrize(
    "members, message",
    [
        ({"cifar/data.bin": b"1"}, "lacks tiny-imagenet-200/wnids.txt"),
        (without(ANNOTATIONS), f"lacks {ANNOTATIONS}"),
        ({**tiny_members(), "tiny-imagenet-200/wnids.txt": b"\n"}, "wnids.txt is empty"),
        ({**tiny_members(), "tiny-imagenet-200/wnids.txt": b"\xff\xfe"}, "is not a text file"),
        ({**tiny_members(), ANNOTATIONS: b"val_0.JPEG"}, "line 1: expected a file name, a tab and"),
        ({**tiny_members(), ANNOTATIONS: b"x.JPEG\tn01443537"}, "val_0.JPEG is of class None"),
        (
            {**tiny_members(), "tiny-imagenet-200/wnids.txt": "\n".join(CLASSES[:2]).encode()},
            "is of class n01641577, which is not in",
        ),
        (without("tiny-imagenet-200/val/images/val_1.JPEG"), "no picture in val: n01629819"),
    ],
)
def test_another_content_is_explained(tmp_path, folder, members, message):
    path = write_zip(tmp_path / "tiny.zip", members)

    with pytest.raises(UserError, match=rf"tiny\.zip: .*{message}"):
        store(path, folder)


def renamed(change, members=None):
    return {change(name): content for name, content in (members or tiny_members()).items()}


SORTED = {
    **without(ANNOTATIONS, *(f"tiny-imagenet-200/val/images/val_{n}.JPEG" for n in range(3))),
    **{
        f"tiny-imagenet-200/val/{wnid}/images/val_{n}.JPEG": jpeg(n)
        for n, wnid in enumerate(CLASSES)
    },
}
OTHER_LAYOUTS = {
    "no root": renamed(lambda name: name.removeprefix("tiny-imagenet-200/")),
    "a doubled root": renamed(lambda name: f"tiny-imagenet-200/{name}"),
    "backslashes": renamed(lambda name: name.replace("/", "\\")),
    "zipped on a Mac": tiny_members() | {"__MACOSX/tiny-imagenet-200/._wnids.txt": b"x"},
    "val in folders": SORTED,
    "a byte order mark": tiny_members()
    | {"tiny-imagenet-200/wnids.txt": "\r\n".join(["\ufeff" + CLASSES[0], *CLASSES[1:]]).encode()},
}


@pytest.mark.parametrize("layout", OTHER_LAYOUTS)
@pytest.mark.parametrize("packed", [True, False], ids=["zipped", "unpacked"])
def test_every_layout_that_circulates_gives_the_same_store(tmp_path, folder, layout, packed):
    path = tmp_path / "data"
    if packed:
        write_zip(path, OTHER_LAYOUTS[layout])
    else:
        for name, content in renamed(
            lambda name: name.replace("\\", "/"), OTHER_LAYOUTS[layout]
        ).items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)

    assert class_list("tiny-imagenet", str(path), "", "no WordNet needed") == CLASSES
    made = store(path, folder, 8)

    expected = store(write_zip(tmp_path / "official.zip", tiny_members()), tmp_path / "expected", 8)
    for array in ("train", "train_classes", "val", "val_classes"):
        np.testing.assert_array_equal(getattr(made, array), getattr(expected, array))
    assert len(SamplePictures(made).pick(CLASSES[0], 5, "train")) == 3


def test_a_missing_zip_is_named(tmp_path):
    with pytest.raises(UserError, match=r"none\.zip: there is no such file; dataset\.path"):
        TinyImageNetArchive(tmp_path / "none.zip")


def test_samples_come_as_the_data_set_has_them(tmp_path, folder):
    members = tiny_members()
    path = write_zip(tmp_path / "tiny.zip", members)
    samples = SamplePictures(store(path, folder, 8))

    assert samples.pick(CLASSES[0], 2, "train") == [
        members[FIRST],
        members[FIRST.replace("_0", "_1")],
    ]
    assert samples.pick(CLASSES[1], 5) == [members["tiny-imagenet-200/val/images/val_1.JPEG"]]
    with pytest.raises(UserError, match="has no class n00000000"):
        samples.pick("n00000000", 1)


def test_samples_are_the_stores_own_where_the_zip_is_gone(tmp_path, folder):
    path = write_zip(tmp_path / "tiny.zip", tiny_members())
    samples = SamplePictures(store(path, folder, 8))
    path.unlink()

    (picture,) = samples.pick(CLASSES[1], 5)

    assert picture.startswith(b"\x89PNG")
