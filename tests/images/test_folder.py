"""Folders of pictures: any size, any kind that ImageNet has."""

import io

import numpy as np
import pytest
from PIL import Image
from raw import CLASSES, harmed, jpeg

from cil.errors import UserError
from cil.images.class_list import class_list
from cil.images.folder import folder_splits
from cil.images.pixels import load_picture
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

    with pytest.raises(UserError, match=f"{place}: cannot be read: .*; expected pictures themsel"):
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

    with pytest.raises(UserError, match=f"1 of 3 classes have no picture in val: {CLASSES[2]}"):
        store(raw)


def test_samples_are_the_files_themselves(raw):
    samples = SamplePictures(store(raw))

    expected = (raw / "val" / CLASSES[0] / "0.JPEG").read_bytes()
    assert samples.pick(CLASSES[0], 3) == [expected]
