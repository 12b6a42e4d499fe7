"""Folders of pictures: any size, any kind that ImageNet has."""

import io
from pathlib import Path

import numpy as np
import pandas
import pytest
from PIL import Image
from raw import CLASSES, harmed, jpeg

from cil.errors import UserError
from cil.images.class_list import class_list
from cil.images.flat import classes_of_pictures
from cil.images.folder import folder_splits
from cil.images.pixels import load_picture
from cil.images.prepare import prepare_images
from cil.images.samples import SamplePictures
from cil.images.store import ImageStore, write_store


@pytest.fixture
def raw(tmp_path):
    """Three classes with two pictures to train and one to measure."""
    for number, wnid in enumerate(CLASSES):
        for split, count in (("train", 2), ("val", 1)):
            (tmp_path / "raw" / split / wnid).mkdir(parents=True)
            for i in range(count):
                content = jpeg(number, side=100 + 30 * i)
                (tmp_path / "raw" / split / wnid / f"{i}.JPEG").write_bytes(content)
    return tmp_path / "raw"


def store(raw, side=16, classes=CLASSES):
    about = {"kind": "image-folder", "source": str(raw)}
    folder = raw.parent / "images"
    write_store(folder, folder_splits(raw, classes, side), classes, side, about)
    return ImageStore.open(folder)


def encoded(picture: Image.Image, kind="PNG", **options) -> bytes:
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


def test_pictures_and_classes_belong_together(raw):
    made = store(raw, classes=CLASSES[::-1])

    assert made.meta["pictures"] == {"train": 6, "val": 3}
    for picture, index in zip(made.train, made.train_classes, strict=True):
        assert abs(int(picture.mean()) - 40 * (2 - index)) <= 1


def test_the_classes_are_the_folders_and_hidden_files_are_none(raw):
    (raw / "train" / CLASSES[0] / ".DS_Store").write_bytes(b"x")

    assert class_list("image-folder", str(raw), "", "no WordNet needed") == CLASSES
    assert store(raw).meta["pictures"]["train"] == 6


def test_one_original_picture_of_every_class(sample_data):
    """Real ImageNet pictures, of a thousand sizes."""
    raw = sample_data / "imagenet-one-per-class"
    files = sorted(raw.glob("n*/*"))[::50]

    for file in files:
        content = file.read_bytes()
        with Image.open(io.BytesIO(content)) as picture:
            shorter = min(picture.size)
            whole = np.asarray(picture.convert("RGB"))
        made = load_picture(content, file, 16)
        assert made.shape == (16, 16, 3)
        top, left = ((length - shorter) // 2 for length in whole.shape[:2])
        centre = whole[top : top + shorter, left : left + shorter]
        assert np.abs(made.mean((0, 1)) - centre.mean((0, 1))).max() < 3


def test_the_shorter_side_is_fitted_and_the_centre_kept():
    """Red, green and blue thirds side by side: the middle one is kept."""
    stripes = np.zeros((30, 90, 3), np.uint8)
    for i in range(3):
        stripes[:, 30 * i : 30 * i + 30, i] = 255

    made = load_picture(encoded(Image.fromarray(stripes)), "stripes", 10)

    np.testing.assert_array_equal(made, np.tile(np.uint8([0, 255, 0]), (10, 10, 1)))


def test_small_pictures_are_enlarged():
    assert load_picture(encoded(Image.new("RGB", (5, 9), "red")), "small", 32).shape == (32, 32, 3)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1", "I;16"])
def test_every_kind_of_png_becomes_rgb(mode):
    made = load_picture(encoded(Image.new(mode, (40, 40))), "picture.JPEG", 8)

    assert made.shape == (8, 8, 3)


def test_a_cmyk_jpeg_becomes_rgb():
    red = Image.new("RGB", (40, 40), (200, 30, 30)).convert("CMYK")

    made = load_picture(encoded(red, "JPEG", quality=95), "picture.JPEG", 8)

    assert np.abs(made.reshape(-1, 3).mean(0) - [200, 30, 30]).max() < 8


def test_a_picture_is_turned_upright():
    """Orientation 6: the camera was held on its side; the top is at the right of the file."""
    stored = np.zeros((40, 40, 3), np.uint8)
    stored[:, 20:] = 255
    exif = Image.Exif()
    exif[274] = 6

    made = load_picture(encoded(Image.fromarray(stored), "JPEG", exif=exif), "turned", 8)

    # The file's right half is shown at the bottom.
    assert made[:3].mean() < 10
    assert made[-3:].mean() > 245


def test_damaged_exif_data_does_no_harm():
    content = jpeg(2)
    exif = b"\xff\xe1\x00\x10Exif\x00\x00II*\x00\xff\xff\xff\x7f"

    assert load_picture(content[:2] + exif + content[2:], "picture", 8).shape == (8, 8, 3)


def test_a_harmed_picture_is_refused_by_name(raw):
    file = raw / "train" / CLASSES[1] / "1.JPEG"
    for harm, content in harmed(file.read_bytes()).items():
        file.write_bytes(content)
        with pytest.raises(UserError, match=f"{file}: (not a picture|a damaged picture)"):
            store(raw)
            pytest.fail(harm)


@pytest.mark.parametrize("harm", ["folder", "dangling link"])
def test_what_is_no_file_among_the_pictures_is_named(raw, harm):
    """Tiny ImageNet's zip, unpacked, has its pictures in train/<wnid>/images."""
    place = raw / "train" / CLASSES[1] / "images"
    place.mkdir() if harm == "folder" else place.symlink_to("nowhere")

    with pytest.raises(UserError, match=f"{place}: is a .*; expected pictures themselves in"):
        store(raw)


def test_a_picture_that_unpacks_to_too_much_is_refused():
    bomb = encoded(Image.new("1", (15_000, 15_000)))
    assert len(bomb) < 200_000

    with pytest.raises(UserError, match=r"bomb: a damaged picture .*decompression bomb"):
        load_picture(bomb, "bomb", 8)


def test_a_missing_split_or_class_is_named(raw):
    (raw / "val" / CLASSES[2]).rename(raw / "val" / "n00000000")
    with pytest.raises(UserError, match=f"val/{CLASSES[2]}: there is no such folder, but"):
        store(raw)
    with pytest.raises(UserError, match="train: there is no such folder; an image folder has"):
        class_list("image-folder", str(raw / "val"), "", "")


def test_a_class_without_pictures_is_named(raw):
    (raw / "val" / CLASSES[2] / "0.JPEG").unlink()

    with pytest.raises(UserError, match=f"val: no picture of {CLASSES[2]}"):
        store(raw)


@pytest.mark.parametrize(
    ("name", "make", "fault"),
    [
        ("train/n02084071.tar", lambda path: path.write_bytes(b"tar"), "is still packed; unpack i"),
        ("train/n02084071.tar.gz", lambda path: path.write_bytes(b"tar"), "unpack it to .*71/$"),
        (
            "train/n02084071",
            lambda path: path.symlink_to("nowhere"),
            "is a link that leads nowhere",
        ),
        ("val/n02084071", lambda path: path.mkdir(), "val: has pictures of n02084071, but train"),
        ("train/dogs", lambda path: path.mkdir(), "dogs: is not named after a wnid"),
        ("train/dog.png", lambda path: path.write_bytes(b"png"), "lies outside of the folders"),
    ],
)
def test_a_class_that_would_be_missing_in_silence_is_named(raw, name, make, fault):
    make(raw / name)

    with pytest.raises(UserError, match=fault):
        class_list("image-folder", str(raw), "", "no WordNet needed")


@pytest.mark.parametrize("name", [".ipynb_checkpoints", "__MACOSX", "@eaDir", "Thumbs.db"])
def test_what_systems_leave_behind_is_no_class_and_no_picture(raw, name):
    for folder in (raw / "train", raw / "val", raw / "train" / CLASSES[0]):
        (folder / name).mkdir()

    assert class_list("image-folder", str(raw), "", "no WordNet needed") == CLASSES
    assert store(raw).meta["pictures"] == {"train": 6, "val": 3}


def test_a_listed_class_that_is_still_packed_is_named(raw):
    (raw / "val" / CLASSES[2]).rename(raw / "val" / "n00000000")
    (raw / "val" / f"{CLASSES[2]}.tar").write_bytes(b"tar")

    with pytest.raises(UserError, match=rf"val/{CLASSES[2]}\.tar: is still packed"):
        store(raw)


def flatten(raw, official=()):
    """The pictures in val out of their folders, by official names if these are given."""
    names = {}
    for number, wnid in enumerate(CLASSES):
        name = official[number] if official else f"picture {number}.JPEG".replace(" ", "_")
        (raw / "val" / wnid / "0.JPEG").rename(raw / "val" / name)
        (raw / "val" / wnid).rmdir()
        names[name] = wnid
    return names


LISTS = {
    "val/val_annotations.txt": "{name}\t{wnid}\t0\t0\t62\t62",  # Tiny ImageNet's
    "LOC_val_solution.csv": "{stem},{wnid} 111 108 248 241",  # Kaggle's
    "val.txt": "val/{name} {wnid}",
    "val/val.csv": '"{name}","{wnid}"',
}


@pytest.mark.parametrize("place", LISTS)
def test_pictures_in_one_folder_have_the_classes_that_a_list_says(raw, place):
    names = flatten(raw)
    lines = [
        LISTS[place].format(name=name, stem=name.split(".")[0], wnid=wnid)
        for name, wnid in names.items()
    ]
    (raw / place).write_text("\n".join(["ImageId,PredictionString", *lines]))

    assert class_list("image-folder", str(raw), "", "no WordNet needed") == CLASSES
    made = store(raw)
    assert made.meta["pictures"]["val"] == 3
    for picture, index in zip(made.val, made.val_classes, strict=True):
        assert abs(int(picture.mean()) - 40 * index) <= 1
    expected = (raw / "val" / next(iter(names))).read_bytes()
    assert SamplePictures(made).pick(CLASSES[0], 3) == [expected]


def test_the_official_validation_pictures_are_known_by_name():
    """The first three, as the scripts that sort them into folders have them."""
    known = {1: "n01751748", 2: "n09193705", 3: "n02105855"}
    names = {f"ILSVRC2012_val_{number:08}.JPEG": wnid for number, wnid in known.items()}

    assert classes_of_pictures(Path("nowhere"), names) == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "the classes of 3 of its 3 pictures are not known, as of picture_0.JPEG"),
        ("picture_0.JPEG 0\npicture_1.JPEG 1", "the classes of 3 of its 3 pictures are not known"),
        (f"picture_0.JPEG {CLASSES[0]}\n", "the classes of 2 of its 3 pictures are not known"),
        (f"a {CLASSES[0]}\nb {CLASSES[1]}\nwrong", r"val\.txt, line 3: found 'wrong'"),
        (f"a {CLASSES[0]}\na {CLASSES[1]}", r"val\.txt: a stands twice, with different classes"),
    ],
)
def test_pictures_in_one_folder_whose_classes_are_not_known_are_refused(raw, text, message):
    flatten(raw)
    if text is not None:
        (raw / "val.txt").write_text(text)

    with pytest.raises(UserError, match=message):
        store(raw)


def prepare(raw, side=16):
    """The image store as the workflow makes it, in a folder that outlives a failure."""
    classes = raw.parent / "classes.parquet"
    frame = pandas.DataFrame({"index": range(len(CLASSES)), "wnid": CLASSES})
    frame.to_parquet(classes)
    dataset = {"kind": "image-folder", "path": str(raw), "resolution": side}
    prepare_images(raw.parent / "images", dataset, classes, {})
    return ImageStore.open(raw.parent / "images")


def test_listings_are_checked_before_a_picture_is_decoded(raw, monkeypatch):
    (raw / "val" / CLASSES[2] / "0.JPEG").unlink()
    monkeypatch.setattr("cil.images.folder.load_picture", lambda *_: pytest.fail("decoded"))

    with pytest.raises(UserError, match=f"no picture of {CLASSES[2]}"):
        prepare(raw)


def test_all_damaged_pictures_are_named_and_the_others_are_not_decoded_again(raw, monkeypatch):
    damaged = [raw / "train" / CLASSES[0] / "0.JPEG", raw / "val" / CLASSES[1] / "0.JPEG"]
    whole = [path.read_bytes() for path in damaged]
    for path in damaged:
        path.write_bytes(b"no picture")

    with pytest.raises(UserError) as refused:
        prepare(raw)
    assert all(f"{path}: not a picture" in str(refused.value) for path in damaged)
    assert [path.name for path in (raw.parent / "images").iterdir()] == [".unfinished"]

    changed = raw / "train" / CLASSES[2] / "1.JPEG"
    changed.write_bytes(jpeg(5, side=90))
    for path, content in zip(damaged, whole, strict=True):
        path.write_bytes(content)
    decoded = []
    monkeypatch.setattr(
        "cil.images.folder.load_picture",
        lambda content, file, side: decoded.append(file) or load_picture(content, file, side),
    )
    made = prepare(raw)

    assert sorted(decoded) == sorted(map(str, [*damaged, changed]))
    assert not (raw.parent / "images" / ".unfinished").exists()
    fresh = store(raw)
    np.testing.assert_array_equal(made.train, fresh.train)
    np.testing.assert_array_equal(made.val, fresh.val)


def test_pictures_kept_at_another_size_are_not_used(raw):
    path = raw / "train" / CLASSES[0] / "0.JPEG"
    whole = path.read_bytes()
    path.write_bytes(b"no picture")
    with pytest.raises(UserError, match="what was decoded is kept"):
        prepare(raw)
    path.write_bytes(whole)

    assert prepare(raw, 8).train.shape == (6, 8, 8, 3)


def test_samples_are_the_files_themselves(raw):
    samples = SamplePictures(store(raw))

    expected = (raw / "val" / CLASSES[0] / "0.JPEG").read_bytes()
    assert samples.pick(CLASSES[0], 3) == [expected]
