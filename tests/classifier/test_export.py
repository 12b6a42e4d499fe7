"""A trained network leaves the pipeline as a classifier that answers as it did there."""

import json

import numpy as np
import pandas
import pytest
import torch
from PIL import Image

from cil.classifier.classifier import Classifier, open_picture
from cil.classifier.export import export_run
from cil.errors import UserError
from cil.images.store import write_store
from cil.training.augment import normalise
from cil.training.checkpoint import write_tensors
from cil.training.networks.network import build_network
from cil.training.recipe import Recipe

LABELS = ["dog", "dog", "cat", "cow", "cow"]
CLASSES = [f"n0000000{index}" for index in range(5)]


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory):
    """A random network, its label set and an image store, as the pipeline writes them."""
    folder = tmp_path_factory.mktemp("results")
    recipe = Recipe(width=8)
    network = build_network(recipe, 3, 16, seed=3)
    network.train()
    network(torch.randn(64, 3, 16, 16))  # batch norm statistics that are not the initial ones
    notes = {
        "recipe": recipe.as_dict(),
        "seed": 3,
        "resolution": 16,
        "labels": ["dog", "cat", "cow"],
        "class_to_label": [0, 0, 1, 2, 2],
    }
    write_tensors(folder / "model.safetensors", network.state_dict(), notes)
    table = {"wnid": CLASSES, "label": LABELS, "label_wnid": ["n1", "n1", None, "n3", "n3"]}
    pandas.DataFrame(table).astype({"label_wnid": "string"}).to_parquet(folder / "cil.parquet")
    pictures = np.random.default_rng(0).integers(0, 256, (10, 16, 16, 3), np.uint8)
    chunks = {split: [(pictures, np.arange(10) % 5)] for split in ("train", "val")}
    about = {"kind": "synthetic", "synthetic": True, "description": "noise", "source": "a test"}
    write_store(folder / "images", chunks, CLASSES, 16, about)
    return folder, network.eval(), pictures


def export(folder, labels="cil.parquet"):
    export_run(
        folder / "model.safetensors",
        folder / labels,
        folder / "images/val.npy",
        folder / "images/meta.json",
        {"run": "finetuned", "seed": 0, "labelset": "cil"},
        folder / "export/classifier.onnx",
        folder / "export/labels.json",
        folder / "export/parity.json",
    )
    return folder / "export"


@pytest.fixture(scope="module")
def exported(artifacts):
    return export(artifacts[0])


def test_the_file_answers_for_a_picture_as_the_network_in_training_does(
    artifacts, exported, tmp_path
):
    _, network, pictures = artifacts
    with torch.inference_mode():
        expected = network(normalise(torch.from_numpy(pictures))).softmax(1).numpy()

    classifier = Classifier(exported / "classifier.onnx")
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / "x.png")
        opened = open_picture((tmp_path / "x.png").read_bytes(), "x.png", 16)
        (best,) = classifier.best([opened], 3)
        found = {each.label: each.probability for each in best}
        assert found == pytest.approx(
            dict(zip(("dog", "cat", "cow"), expected[number], strict=True)), abs=1e-4
        )


def test_the_file_knows_its_labels_and_where_it_comes_from(exported):
    classifier = Classifier(exported / "classifier.onnx")
    assert classifier.labels == json.loads((exported / "labels.json").read_text())
    assert classifier.labels[0] == {"label": "dog", "wnid": "n1", "classes": CLASSES[:2]}
    assert classifier.labels[1]["wnid"] is None
    assert classifier.about["synthetic"] is True
    parity = json.loads((exported / "parity.json").read_text())
    assert 0 <= parity["largest_difference"] <= parity["tolerance"] == 1e-4


def test_the_same_network_gives_the_same_file(artifacts, exported):
    first = (exported / "classifier.onnx").read_bytes()
    assert (export(artifacts[0]) / "classifier.onnx").read_bytes() == first


def test_a_label_set_of_another_size_is_refused(artifacts):
    folder = artifacts[0]
    table = pandas.read_parquet(folder / "cil.parquet").assign(label="animal")
    table.to_parquet(folder / "other.parquet")
    with pytest.raises(UserError, match=r"trained for 3 labels, but .*other\.parquet has 1"):
        export(folder, "other.parquet")
