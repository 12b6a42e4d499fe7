"""ImageNet at its original size: a folder of pictures, at 224 pixels, through the usual stem."""

import numpy as np
import pytest
from PIL import Image

from cil.images.class_list import class_list
from cil.images.folder import folder_splits
from cil.images.store import ImageStore, write_store
from cil.training.checkpoint import read_tensors
from cil.training.devices.launch import Job, train
from cil.training.devices.machine import Machine
from cil.training.recipe import Recipe


@pytest.fixture
def pictures(tmp_path):
    """Two classes with four pictures to train and one to measure, each of another size."""
    chance = np.random.default_rng(0)
    for wnid in ("n01440764", "n01443537"):
        for split, count in (("train", 4), ("val", 1)):
            folder = tmp_path / "raw" / split / wnid
            folder.mkdir(parents=True)
            for number in range(count):
                shape = (240 + 20 * number, 300 - 10 * number, 3)
                picture = Image.fromarray(chance.integers(0, 256, shape, dtype=np.uint8))
                picture.save(folder / f"{number}.JPEG")
    return tmp_path / "raw"


def test_resnet18_trains_on_an_image_folder_at_224(pictures, tmp_path):
    classes = class_list("image-folder", str(pictures), "", "no WordNet needed")
    splits = folder_splits(pictures, classes, 224)
    about = {"kind": "image-folder", "source": str(pictures)}
    write_store(tmp_path / "images", splits, classes, 224, about)
    assert ImageStore.open(tmp_path / "images").train.shape == (8, 224, 224, 3)

    recipe = Recipe(epochs=1, batch_size=4)
    machine = Machine(device="cpu", threads=1)
    train(Job(tmp_path / "images", None, tmp_path / "model", recipe, machine))

    weights, notes = read_tensors(tmp_path / "model" / "model.safetensors")
    assert weights["conv1.weight"].shape == (64, 3, 7, 7)  # the usual stem: 7×7, stride 2
    assert notes["resolution"] == 224
    assert np.isfinite(np.load(tmp_path / "model" / "logits.npy")).all()
