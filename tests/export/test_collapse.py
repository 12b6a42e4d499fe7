"""Any ImageNet model becomes a classifier on a label set; its sums are exact."""

import json
import os

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from timm.data import ImageNetInfo

from cil.classifier import Classifier
from cil.cli import main

WNIDS = sorted(ImageNetInfo().label_names())


@pytest.fixture
def labels(tmp_path):
    """Three labels, dealt to the classes in turn; given in an order of their own."""
    path = tmp_path / "labels.json"
    content = {wnid: ("one", "two", "three")[i % 3] for i, wnid in enumerate(WNIDS)}
    path.write_text(json.dumps(dict(reversed(content.items()))))
    return path


def linear_model(path, outputs, last=(), channels_last=False, batch="batch"):
    """An ONNX model of 4×4 pictures: a random linear map, then the operations `last`."""
    weights = np.random.default_rng(1).normal(size=(48, outputs)).astype(np.float32)
    shape = [batch, 4, 4, 3] if channels_last else [batch, 3, 4, 4]
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "w"], ["y0"]),
        *(helper.make_node(kind, [f"y{i}"], [f"y{i + 1}"], axis=1) for i, kind in enumerate(last)),
    ]
    graph = helper.make_graph(
        nodes,
        "linear",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(f"y{len(last)}", TensorProto.FLOAT, [batch, outputs])],
        [numpy_helper.from_array(weights, "w")],
    )
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return weights.astype(np.float64)


def summed(logits):
    shares = np.exp(logits - logits.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    return np.stack([shares[:, i::3].sum(1) for i in range(3)], 1)


def collapse(*arguments):
    return main(["collapse", *map(str, arguments)])


PICTURES = np.random.default_rng(2).normal(size=(5, 3, 4, 4)).astype(np.float32)


@pytest.mark.parametrize(
    "kind", [{}, {"last": ["Softmax"]}, {"channels_last": True}, {"batch": 1}], ids=str
)
def test_an_onnx_file_is_summed_exactly(labels, tmp_path, kind):
    weights = linear_model(tmp_path / "m.onnx", 1000, **kind)
    target = tmp_path / "c.onnx"
    assert collapse("--onnx", tmp_path / "m.onnx", "--labels", labels, "--output", target) == 0
    seen = PICTURES.transpose(0, 2, 3, 1) if kind.get("channels_last") else PICTURES
    expected = summed(seen.reshape(5, 48).astype(np.float64) @ weights)
    np.testing.assert_allclose(Classifier(target).probabilities(PICTURES), expected, atol=1e-6)
    assert [entry["label"] for entry in Classifier(target).labels] == ["one", "two", "three"]


@pytest.mark.parametrize("last", [[], ["Softmax"]])
def test_the_tensorflow_order_is_refused_unless_asked_for(labels, tmp_path, capsys, last):
    weights = linear_model(tmp_path / "m.onnx", 1001, last)
    arguments = ["--onnx", tmp_path / "m.onnx", "--labels", labels, "--output", tmp_path / "c.onnx"]
    assert collapse(*arguments) == 1
    assert "--background" in capsys.readouterr().err
    assert not (tmp_path / "c.onnx").exists()

    assert collapse(*arguments, "--background") == 0
    expected = summed(PICTURES.reshape(5, 48).astype(np.float64) @ weights[:, 1:])
    found = Classifier(tmp_path / "c.onnx").probabilities(PICTURES)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(
    "model", ["timm/mobilenetv3_small_050", "torchvision/squeezenet1_1", "timm/test_vit"]
)
def test_a_librarys_model_is_summed_exactly(labels, tmp_path, model):
    torch.manual_seed(0)
    target = tmp_path / "c.onnx"
    arguments = ["--model", model, "--weights", "random", "--labels", labels, "--output", target]
    assert collapse(*arguments) == 0
    torch.manual_seed(0)
    library, name = model.split("/")
    if library == "timm":
        import timm

        network = timm.create_model(name)
    else:
        from torchvision import models

        network = models.get_model(name)
    classifier = Classifier(target)
    side = classifier.preprocessing.side
    pictures = np.random.default_rng(3).normal(size=(2, 3, side, side)).astype(np.float32)
    with torch.inference_mode():
        logits = network.eval()(torch.from_numpy(pictures)).double().numpy()
    np.testing.assert_allclose(classifier.probabilities(pictures), summed(logits), atol=1e-5)


def test_weights_of_a_file_are_loaded(labels, tmp_path):
    import timm

    network = timm.create_model("test_resnet")
    torch.save(network.state_dict(), tmp_path / "w.pth")
    arguments = ["--model", "timm/test_resnet", "--labels", labels, "--output", tmp_path / "c.onnx"]
    assert collapse(*arguments, "--weights", tmp_path / "w.pth") == 0
    classifier = Classifier(tmp_path / "c.onnx")
    side = classifier.preprocessing.side
    pictures = np.ones((1, 3, side, side), np.float32)
    with torch.inference_mode():
        logits = network.eval()(torch.from_numpy(pictures)).double().numpy()
    np.testing.assert_allclose(classifier.probabilities(pictures), summed(logits), atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--model", "keras/resnet"], "timm/<name> or torchvision/<name>"),
        (["--model", "timm/no_such_model", "--weights", "random"], "Unknown model"),
        (["--model", "torchvision/no_such_model", "--weights", "random"], "Unknown model"),
        (["--model", "timm/test_resnet", "--weights", "nowhere.pth"], "--weights nowhere.pth"),
        (["--onnx", "nowhere.onnx"], "nowhere.onnx: No such file"),
    ],
)
def test_what_cannot_be_collapsed_is_refused(labels, tmp_path, capsys, arguments, reason):
    assert collapse(*arguments, "--labels", labels, "--output", tmp_path / "c.onnx") == 1
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "c.onnx").exists()


def test_weights_that_would_call_the_shell_are_refused_and_nothing_runs(labels, tmp_path, capsys):
    class Shell:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path}/ran",)

    torch.save({"fc.weight": Shell()}, tmp_path / "w.pth")
    arguments = ["--model", "timm/test_resnet", "--labels", labels, "--output", tmp_path / "c.onnx"]
    assert collapse(*arguments, "--weights", tmp_path / "w.pth") == 1
    assert "w.pth: cannot be loaded into this model" in capsys.readouterr().err
    assert not (tmp_path / "ran").exists()


def test_a_label_set_of_other_classes_is_refused(tmp_path, capsys):
    (tmp_path / "few.json").write_text('{"n01440764": "fish"}')
    linear_model(tmp_path / "m.onnx", 1000)
    assert collapse("--onnx", tmp_path / "m.onnx", "--labels", tmp_path / "few.json") == 1
    assert "1 classes; pretrained ImageNet models have 1000" in capsys.readouterr().err
