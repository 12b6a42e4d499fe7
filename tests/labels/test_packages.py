"""A label set, loaded with the tools that it is for."""

import json
import re
import shutil
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image
from timm.data import create_dataset
from torchvision.datasets import ImageFolder

from cil.images.named_lists import named_list
from cil.labels.transform import TargetTransform, relabel
from cil.report.label_card import class_map, label_card

# Given in an order that is not the sorted one, as a label file may be.
LABEL_OF = {"n00000002": "dog", "n00000001": "cat", "n00000003": "dog", "n00000004": "cow"}


@pytest.fixture
def pictures(tmp_path):
    """A folder per class with one picture, whose red is the class's number."""
    for number, wnid in enumerate(sorted(LABEL_OF)):
        (tmp_path / wnid).mkdir()
        Image.new("RGB", (4, 4), (number, 0, 0)).save(tmp_path / wnid / "a.png")
    return tmp_path


@pytest.fixture
def label_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("labels") / "cil.json"
    path.write_text(json.dumps(LABEL_OF))
    return path


def test_torchvision_gives_labels(pictures, label_file):
    data = relabel(ImageFolder(pictures), label_file)
    names = [data.classes[target] for _, target in data]
    assert names == ["cat", "dog", "dog", "cow"]
    assert [data.classes[target] for target in data.targets] == names
    assert data.class_to_idx == {"dog": 0, "cat": 1, "cow": 2}
    with pytest.raises(ValueError, match="has a target_transform already"):
        relabel(data, label_file)
    data.transform = numbered
    ((_, targets),) = torch.utils.data.DataLoader(data, 4, num_workers=1)
    assert targets.tolist() == data.targets  # the transform travels to another process


def numbered(_: Image.Image) -> int:
    return 0


def test_a_part_of_the_classes_is_met_by_wnid(pictures, label_file):
    shutil.rmtree(pictures / "n00000001")
    data = relabel(ImageFolder(pictures), label_file)
    assert [data.classes[target] for _, target in data] == ["dog", "dog", "cow"]

    transform = TargetTransform(label_file, ["n00000004", "n00000002"])
    assert [transform.labels[transform(target)] for target in (0, 1)] == ["cow", "dog"]
    with pytest.raises(ValueError, match="no label for 1 of the data set's 2"):
        TargetTransform(label_file, ["n00000004", "n09999999"])


@pytest.fixture
def imagenet_file(tmp_path):
    """A label file of all 1,000 classes, in which each has a label of its own."""
    path = tmp_path / "imagenet.json"
    path.write_text(json.dumps({wnid: f"label of {wnid}" for wnid in named_list("imagenet-1k")}))
    return path


class Names:
    """A data set as torchvision's Imagenette is: names of classes, and their wnids beside them."""

    def __init__(self, classes, wnids=None) -> None:
        self.classes, self.target_transform = classes, None
        if wnids:
            self.wnids = wnids


def test_classes_with_names_are_met_by_name_and_not_by_index(imagenet_file):
    for dataset in (
        Names(["Chihuahua", "tabby", "sports car"]),
        Names(["Chihuahua", "tabby, tabby cat", "sports_car"]),
        Names([("dog",), ("cat",), ("car",)], ["n02085620", "n02123045", "n04285008"]),
    ):
        data = relabel(dataset, imagenet_file)
        found = [data.classes[data.target_transform(target)] for target in range(3)]
        assert found == [f"label of {wnid}" for wnid in ("n02085620", "n02123045", "n04285008")]


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["tench", "0"], "'0' is the name of no class"),
        (["tench", "crane"], "'crane' is the name of 2 classes"),
        ([0, 1], "'0' is the name of no class"),
    ],
)
def test_classes_that_cannot_be_told_are_refused(imagenet_file, names, reason):
    with pytest.raises(ValueError, match=reason):
        TargetTransform(imagenet_file, names)


def test_the_recipes_of_the_card_run(tmp_path, monkeypatch):
    """As they stand there, on a part of ImageNet in another order."""
    wnids = ["n04285008", "n02085620"]  # sports car, Chihuahua
    labels = {wnid: "dog" if wnid < "n02113000" else wnid for wnid in named_list("imagenet-1k")}
    card = label_card("cil", "", {"strategy": "file"}, labels, [], [], set())
    torchvision, hugging_face = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    (tmp_path / "cil.json").write_text(json.dumps(labels))
    for wnid in wnids:
        (tmp_path / "train" / wnid).mkdir(parents=True)
        Image.new("RGB", (4, 4)).save(tmp_path / "train" / wnid / "a.png")
    monkeypatch.chdir(tmp_path)

    found: dict[str, Any] = {"ImageFolder": ImageFolder}
    exec(torchvision, found)
    train = found["train"]
    assert [train.classes[target] for _, target in train] == ["dog", "n04285008"]

    found = {"data": Rows(["sports car, sport car", "Chihuahua"])}
    exec(hugging_face, found)
    names = found["label_of"].labels
    assert [names[row["label"]] for row in found["data"].rows] == ["n04285008", "dog"]


class Rows:
    """As much of a data set of Hugging Face's as the recipe uses."""

    def __init__(self, names: list[str]) -> None:
        self.features = {"label": SimpleNamespace(names=names)}
        self.rows = [{"label": index} for index in range(len(names))]

    def map(self, function) -> "Rows":
        self.rows = [row | function(row) for row in self.rows]
        return self


def test_timm_gives_labels(pictures, label_file, tmp_path_factory):
    path = tmp_path_factory.mktemp("labels") / "cil.pkl"
    path.write_bytes(class_map(LABEL_OF))
    data = create_dataset("", root=str(pictures), class_map=str(path))
    found = {picture.getpixel((0, 0))[0]: target for picture, target in data}
    transform = TargetTransform(label_file, sorted(LABEL_OF))
    assert found == {number: transform(number) for number in range(4)}


def test_the_card_says_what_the_label_set_is():
    agreement = [
        {"labelset": "a", "reference": "cil", "ari": "0.5", "v_measure": "0.9", "same_name": "0.25"}
    ]
    audit = [{"labelset": "a", "finding": "homonym", "label": "crane"}]
    config = {"strategy": "edited", "drop": ["lion"], "merge": {"pet": ["cat", "dog"]}}
    card = label_card("a", "By votes.", config, LABEL_OF, agreement, audit, simulated={"a", "cil"})
    assert "Parameters: drop (lion), merge (pet: (cat, dog))." in card
    assert "3 labels for 4 classes; 2 classes share a label with another, in 1 groups" in card
    assert "voters are simulated" in card
    assert (
        "with `cil` (simulated votes): adjusted Rand index 0.50" in card
        and "same name for 25 % of classes" in card
    )
    assert "homonym: 1 (crane)" in card
    assert "WordNet 3.0" in card
