"""A label set, loaded with the tools that it is for."""

import json

import pytest
import torch
from PIL import Image
from timm.data import create_dataset
from torchvision.datasets import ImageFolder

from cil.labels.transform import TargetTransform
from cil.report.label_card import class_map, label_card

# Given in an order that is not the sorted one, as a label file may be.
LABEL_OF = {"n02": "dog", "n01": "cat", "n03": "dog", "n04": "cow"}


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
    transform = TargetTransform(label_file)
    data = ImageFolder(pictures, target_transform=transform)
    names = [transform.labels[target] for _, target in data]
    assert names == ["cat", "dog", "dog", "cow"]
    batches = torch.utils.data.DataLoader(
        ImageFolder(pictures, lambda picture: 0, target_transform=transform), 4, num_workers=1
    )
    ((_, targets),) = batches  # the transform travels to another process
    assert targets.tolist() == [transform.labels.index(name) for name in names]


def test_a_part_of_the_classes_in_an_order_of_its_own(label_file):
    transform = TargetTransform(label_file, classes=["n04", "n02"])
    assert [transform.labels[transform(target)] for target in (0, 1)] == ["cow", "dog"]


def test_timm_gives_labels(pictures, label_file, tmp_path_factory):
    path = tmp_path_factory.mktemp("labels") / "cil.pkl"
    path.write_bytes(class_map(LABEL_OF))
    data = create_dataset("", root=str(pictures), class_map=str(path))
    found = {picture.getpixel((0, 0))[0]: target for picture, target in data}
    transform = TargetTransform(label_file)
    assert found == {number: transform(number) for number in range(4)}


def test_the_card_says_what_the_label_set_is():
    agreement = [
        {"labelset": "a", "reference": "cil", "ari": "0.5", "v_measure": "0.9", "same_name": "0.25"}
    ]
    audit = [{"labelset": "a", "finding": "homonym", "label": "crane"}]
    card = label_card(
        "a", "By votes.", {"strategy": "survey"}, LABEL_OF, agreement, audit, simulated={"a", "cil"}
    )
    assert "3 labels for 4 classes; 2 classes share a label with another, in 1 groups" in card
    assert "voters are simulated" in card
    assert (
        "with `cil` (simulated votes): adjusted Rand index 0.50" in card
        and "same name for 25 % of classes" in card
    )
    assert "homonym: 1 (crane)" in card
    assert "WordNet 3.0" in card
