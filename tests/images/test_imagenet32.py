"""Downsampled ImageNet: true classes, all formats, and one clear error for each thing wrong."""

import os
import pickle
import random
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from raw import batch, harmed, write_batches

from cil.errors import UserError
from cil.images.imagenet32 import DownsampledImageNet, read_class_order
from cil.images.npz import open_npz
from cil.images.prepare import used_parts
from cil.images.safe_pickle import load_arrays
from cil.images.store import ImageStore, write_store
from cil.images.tiny_imagenet import TinyImageNetArchive

ORDER = [f"n{number:08d}" for number in range(1, 1001)]
ABOUT = {"kind": "imagenet32", "synthetic": False, "source": "test"}


@pytest.fixture(scope="module")
def pickles(tmp_path_factory):
    return write_batches(tmp_path_factory.mktemp("pickles"))


@pytest.fixture
def folder(pickles, tmp_path):
    """The batch files, linked, so that one can be replaced."""
    for path in pickles.iterdir():
        os.link(path, tmp_path / path.name)
    return tmp_path


def replace(path, content):
    """Put `content` in the place of `path`, and not into the file that others link to."""
    path.unlink()
    path.write_bytes(content)


def read(folder, side=8, classes=ORDER, order=ORDER):
    """All pictures and classes by split."""
    splits = DownsampledImageNet(folder, order, side).splits(classes)
    return {
        split: tuple(np.concatenate(parts) for parts in zip(*chunks, strict=True))
        for split, chunks in splits.items()
    }


def test_every_real_picture_gets_its_true_class(sample_data, published, tmp_path):
    """The samples of two data sets hold the same pictures: one by the development kit's labels at
    32×32, one by wnid at 64×64. Each picture's nearest one in the other set has its class."""
    order = read_class_order(published / "map_clsloc.txt")
    with TinyImageNetArchive(sample_data / "tiny-imagenet-200-sample.zip") as archive:
        classes = sorted(archive.wnids)
        about = {"kind": "tiny-imagenet", "source": "sample"}
        write_store(tmp_path / "by wnid", archive.splits(classes, 32), classes, 32, about)
    batches = DownsampledImageNet(sample_data / "imagenet32-sample", order, 32)
    write_store(tmp_path / "by label", batches.splits(classes), classes, 32, ABOUT)

    by_wnid, by_label = (
        ImageStore.open(tmp_path / "by wnid"),
        ImageStore.open(tmp_path / "by label"),
    )

    assert by_label.meta["pictures"] == {"train": 4000, "val": 2000}
    for split in ("train", "val"):
        pictures, others = (
            np.asarray(getattr(store, split), np.float32) for store in (by_label, by_wnid)
        )
        # Sought by 4×4 blocks, which is quick, and compared by pixels. Of the squared distance
        # what is the same for all others is left out.
        sought, held = (
            array.reshape(-1, 8, 4, 8, 4, 3).mean((2, 4)).reshape(-1, 192)
            for array in (pictures, others)
        )
        nearest = ((held**2).sum(1) - 2 * sought @ held.T).argmin(1)
        difference = np.abs(pictures - others[nearest]).mean((1, 2, 3))
        assert difference.max() < 2  # grey levels of 256: the same picture, resized otherwise
        assert len(set(nearest)) == len(pictures)
        true = getattr(by_wnid, f"{split}_classes")[nearest]
        np.testing.assert_array_equal(getattr(by_label, f"{split}_classes"), true)


def test_kit_fox_is_the_first_label(published):
    order = read_class_order(published / "map_clsloc.txt")

    assert order[0] == "n02119789"  # kit fox
    assert sorted(order) != order
    assert len(set(order)) == 1000


@pytest.mark.parametrize("npz", [False, True], ids=["pickle", "npz"])
@pytest.mark.parametrize("side", [8, 16])
def test_pictures_are_upright_and_in_order(tmp_path, npz, side):
    folder = write_batches(tmp_path, side, npz)

    made = read(folder, side)

    planes = batch(10, side)["data"][41].reshape(3, side, side)
    np.testing.assert_array_equal(made["val"][0][41], np.dstack(list(planes)))
    np.testing.assert_array_equal(made["train"][1], np.tile(np.arange(1000), 10))


def test_the_index_follows_the_class_list_and_others_are_left_out(folder):
    classes = [ORDER[500], ORDER[3]]

    made = read(folder, classes=classes)

    assert made["train"][0].shape == (20, 8, 8, 3)
    np.testing.assert_array_equal(made["val"][1], [1, 0])  # label 4 comes before label 501


def test_an_unknown_class_is_named(folder):
    with pytest.raises(UserError, match=r"dataset\.classes: Downsampled ImageNet has no class n99"):
        read(folder, classes=[*ORDER, "n99999999"])


@pytest.mark.parametrize("name", ["train_data_batch_7", "val_data"])
def test_a_missing_batch_is_named(folder, name):
    (folder / name).unlink()

    with pytest.raises(UserError, match=rf"{name}: there is no such file, nor {name}\.npz"):
        read(folder)


def test_the_folders_that_the_zips_unpack_to_are_read(folder):
    expected = read(folder)
    for path in list(folder.iterdir()):
        place = folder / ("Imagenet8_val" if path.name == "val_data" else "Imagenet8_train")
        place.mkdir(exist_ok=True)
        path.rename(place / path.name)

    made = read(folder)

    for split in ("train", "val"):
        np.testing.assert_array_equal(made[split][0], expected[split][0])
    used = used_parts({"kind": "imagenet32", "path": str(folder)}, ORDER)
    assert len(used) == 11 and used[-1] == "Imagenet8_val/val_data"
    shutil.copytree(folder / "Imagenet8_val", folder / "Imagenet16_val")
    with pytest.raises(UserError, match="holds val_data several times, as"):
        read(folder)


@pytest.mark.parametrize("npz", [False, True], ids=["pickle", "npz"])
def test_a_harmed_batch_is_refused_by_name(folder, tmp_path, npz):
    name = "train_data_batch_3"
    if npz:
        (folder / name).unlink()
        name += ".npz"
        np.savez(folder / name, **batch(2, 8))

    for harm, content in harmed((folder / name).read_bytes()).items():
        replace(folder / name, content)
        with pytest.raises(UserError, match=name):
            read(folder)
            pytest.fail(harm)


@pytest.mark.parametrize("npz", [False, True], ids=["pickle", "npz"])
def test_flipped_bytes_never_end_in_another_error(tmp_path, npz):
    """Either the file is refused, or it only has other pixels or labels."""
    path = tmp_path / ("batch.npz" if npz else "batch")
    if npz:
        np.savez(path, **batch(0, 8, range(1, 21)))
    else:
        path.write_bytes(pickle.dumps(batch(0, 8, range(1, 21)), 3))
    whole = path.read_bytes()
    chance = random.Random(0)
    # The structure lies at the start and at the end; the pixels between have none.
    places = [*range(250), *range(len(whole) - 400, len(whole)), *range(250, len(whole), 97)]
    for place in places:
        harmed = bytearray(whole)
        harmed[place] ^= 1 << chance.randrange(8)
        path.write_bytes(harmed)
        try:
            if npz:
                for array in open_npz(path).values():
                    array.read()
            else:
                load_arrays(path)
        except UserError as refusal:
            assert str(path) in str(refusal)


def test_arrays_of_objects_are_refused(folder):
    objects = np.array([None] * 1000, dtype=object)
    replace(folder / "train_data_batch_1", pickle.dumps(batch(0, 8) | {"data": objects}))
    with pytest.raises(UserError, match="refused: it asks for an array of type 'O8'"):
        read(folder)
    (folder / "train_data_batch_1").unlink()
    np.savez(folder / "train_data_batch_1.npz", data=objects, labels=np.arange(1, 1001))
    with pytest.raises(UserError, match=r"train_data_batch_1\.npz: not a whole \.npz file"):
        read(folder)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"data": np.zeros((1000, 3 * 16 * 16), np.uint8)}, "wrong image size: .* 768 bytes"),
        ({"data": np.zeros((1000, 192), np.float32)}, "no table of uint8 rows"),
        ({"data": np.zeros(192, np.uint8)}, "no table of uint8 rows"),
        ({"data": [1, 2]}, "no table of uint8 rows"),
        ({"labels": [*range(1, 1000), 1001]}, "picture 999 has label 1001, outside 1 to 1000"),
        ({"labels": [0, *range(2, 1001)]}, "picture 0 has label 0, outside 1 to 1000"),
        ({"labels": list(range(1, 1000))}, "has 1000 pictures and 999 labels"),
        ({"labels": [0.5] * 1000}, "labels are no list of whole numbers"),
        ({"labels": [[1]] * 999 + [[1, 2]]}, "labels are no list of whole numbers"),
        ({"data": np.zeros((0, 192), np.uint8), "labels": []}, "holds no picture|no list"),
    ],
)
def test_a_wrong_content_is_explained(folder, change, message):
    replace(folder / "train_data_batch_1", pickle.dumps(batch(0, 8) | change))

    with pytest.raises(UserError, match=f"train_data_batch_1: .*{message}"):
        read(folder)


def test_a_batch_without_its_keys_is_explained(folder):
    replace(folder / "val_data", pickle.dumps({"images": 1}))
    with pytest.raises(UserError, match=r"val_data: expected the keys data and labels, found keys"):
        read(folder)
    replace(folder / "val_data", pickle.dumps([1, 2]))
    with pytest.raises(UserError, match=r"val_data: expected the keys data and labels, found"):
        read(folder)


def test_a_class_without_pictures_is_named(folder, tmp_path):
    replace(folder / "val_data", pickle.dumps(batch(0, 8, range(1, 1000))))

    splits = DownsampledImageNet(folder, ORDER, 8).splits(ORDER)
    with pytest.raises(UserError, match="1 of 1000 classes have no picture in val: n00001000"):
        write_store(tmp_path / "images", splits, ORDER, 8, ABOUT)


def test_a_bomb_of_an_npz_is_refused_before_it_bursts(folder):
    """4 GB of zeros in 4 MB of file: more pictures than the data set has."""
    (folder / "val_data").unlink()
    name = folder / "val_data.npz"
    with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for key, row, dtype in (("data", 192, "|u1"), ("labels", 1, "|u1")):
            shape = (2_000_000, row) if key == "data" else (2_000_000,)
            with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
                header = {"descr": dtype, "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(member, header)
                for _ in range(20):
                    member.write(bytes([key == "labels"]) * (100_000 * row))

    with pytest.raises(UserError, match=r"val_data\.npz: brings the val pictures to 2000000"):
        read(folder)


def test_other_sums_than_the_official_ones_are_a_warning(sample_data, caplog):
    batches = DownsampledImageNet(sample_data / "imagenet32-sample", ORDER, 32)

    assert len(batches.unofficial_files()) == 11
    assert "not the official files by their MD5" in caplog.text


def test_a_resolution_that_does_not_exist_is_refused(folder):
    with pytest.raises(UserError, match=r"dataset\.resolution: 24; .* has 8, 16, 32, 64"):
        read(folder, side=24)


@pytest.mark.parametrize(
    "text",
    ["", "n02119789 1 kit_fox\n", "<html>Sign in first</html>", "n02119789\n", "a 1 x\nb 1 y\n"],
    ids=["empty", "one class", "a web page", "no label", "a label twice"],
)
def test_a_wrong_class_order_is_refused(tmp_path, text):
    (tmp_path / "map_clsloc.txt").write_text(text)

    with pytest.raises(UserError, match=r"map_clsloc\.txt"):
        read_class_order(tmp_path / "map_clsloc.txt")


MEASURE = """
import re, sys
from cil.images.imagenet32 import DownsampledImageNet
from cil.images.store import write_store

def most_memory():
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])

order = [f"n{number:08d}" for number in range(1, 1001)]
before = most_memory()
batches = DownsampledImageNet(sys.argv[1], order, 8)
write_store(sys.argv[2], batches.splits(order), order, 8, {"source": "test"})
print(most_memory() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc to measure memory")
@pytest.mark.parametrize("npz", [False, True], ids=["pickle", "npz"])
def test_memory_is_bounded_by_one_batch(tmp_path, npz):
    """Ten batches of 20 MB each take no more than little above one; .npz files not even that."""
    folder, size = tmp_path / "raw", 100 * 1000 * 192
    folder.mkdir()
    names = [f"train_data_batch_{number}" for number in range(1, 11)]
    for name, times in [*((name, 100) for name in names), ("val_data", 1)]:
        content = batch(0, 8, list(range(1, 1001)) * times)
        if npz:
            np.savez(folder / f"{name}.npz", **content)
        else:
            (folder / name).write_bytes(pickle.dumps(content, 3))

    used = subprocess.check_output(
        [sys.executable, "-c", MEASURE, str(folder), str(tmp_path / "images")],
        stderr=subprocess.DEVNULL,
    )

    assert (tmp_path / "images" / "train.npy").stat().st_size > 10 * size
    assert int(used) < (0.5 if npz else 1.2) * size + 12e6
