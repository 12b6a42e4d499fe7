"""Any ImageNet model becomes a classifier on a label set; its sums are exact."""

import json
import os

import numpy as np
import onnx
import pandas
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from timm.data import ImageNetInfo

from cil.classifier.classifier import Classifier
from cil.classifier.pretrained import timm_preprocessing
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
        (["--model", "torchvision/raft_small", "--weights", "random"], "1,000 classes"),
        (["--model", "torchvision/r3d_18", "--weights", "random"], "1,000 classes"),
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


TENCH = "n01440764"
SOUND = dict.fromkeys(WNIDS, "thing")
OTHERS = {wnid: label for wnid, label in SOUND.items() if wnid != TENCH}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({TENCH: "fish"}, "classes without a label (999): n01443537, "),
        (OTHERS | {"n99999999": "fish"}, f"classes without a label (1): {TENCH};"),
        (dict(enumerate(SOUND.values(), 1)), "1,000 classes by number, 1 to 1000; expected each"),
        (SOUND | {"n99999999": "fish"}, "classes labelled but unknown (1): n99999999;"),
        (SOUND | {TENCH: " "}, f"classes without a label (1): {TENCH};"),
        (SOUND | {TENCH: 302}, f"entry 1 (wnid '{TENCH}'): its label is 302; expected text"),
        (SOUND | {TENCH: "half \ud83d"}, "its label is 'half \\ud83d'; expected text"),
    ],
    ids=["few", "typo", "numbers", "stranger", "empty", "no text", "half a character"],
)
def test_a_label_set_of_other_classes_is_refused(tmp_path, capsys, content, reason):
    (tmp_path / "set.json").write_text(json.dumps(content))
    linear_model(tmp_path / "m.onnx", 1000)
    assert collapse("--onnx", tmp_path / "m.onnx", "--labels", tmp_path / "set.json") == 1
    error = capsys.readouterr().err
    assert "set.json" in error and reason in error


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda table: pandas.concat([table, table.head(1)]), f"{TENCH} stands more than once"),
        (lambda table: table.replace({"wnid": {TENCH: None}}), "its wnid is None"),
        (lambda table: table.replace({"wnid": {TENCH: "n9"}}), f"without a label (1): {TENCH};"),
        (lambda table: table.assign(label=302), "its label is 302"),
    ],
)
def test_a_table_of_labels_is_checked_as_well(tmp_path, capsys, change, reason):
    table = pandas.DataFrame({"wnid": WNIDS, "label": "thing", "label_wnid": None})
    change(table).to_parquet(tmp_path / "set.parquet")
    linear_model(tmp_path / "m.onnx", 1000)
    assert collapse("--onnx", tmp_path / "m.onnx", "--labels", tmp_path / "set.parquet") == 1
    error = capsys.readouterr().err
    assert "set.parquet" in error and reason in error


def test_a_classifier_stays_where_the_new_one_is_refused(labels, tmp_path, capsys):
    linear_model(tmp_path / "m.onnx", 1000)
    model = onnx.load(tmp_path / "m.onnx")
    weights = np.full((48, 1000), np.nan, np.float32)
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(weights, "w"))
    onnx.save(model, tmp_path / "m.onnx")
    (tmp_path / "c.onnx").write_bytes(b"an older classifier")
    arguments = ["--onnx", tmp_path / "m.onnx", "--labels", labels, "--output", tmp_path / "c.onnx"]
    assert collapse(*arguments) == 1
    assert "not all finite" in capsys.readouterr().err
    assert (tmp_path / "c.onnx").read_bytes() == b"an older classifier"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("--side 0", "--side: found 0, but"),
        ("--resize 0", "preprocessing: resize is 0"),
        ("--mean 0 nan 0", "preprocessing: mean is (0.0, nan, 0.0)"),
        ("--std 0 0 0", "preprocessing: std is (0.0, 0.0, 0.0); expected three finite numbers abo"),
    ],
)
def test_preprocessing_that_cannot_be_done_is_refused(labels, tmp_path, capsys, options, reason):
    linear_model(tmp_path / "m.onnx", 1000)
    arguments = ["--onnx", tmp_path / "m.onnx", "--labels", labels, "--output", tmp_path / "c.onnx"]
    assert collapse(*arguments, *options.split()) == 1
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "c.onnx").exists()


def test_an_unknown_interpolation_is_refused_with_those_there_are(labels, tmp_path, capsys):
    with pytest.raises(SystemExit):
        collapse("--onnx", "m.onnx", "--labels", labels, "--interpolation", "foo")
    assert "'bicubic'" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["resnet18.a1_in1k", "coat_lite_medium_384", "dm_nfnet_f0"])
@pytest.mark.parametrize("size", [(500, 375), (90, 140)], ids=str)
def test_pictures_are_prepared_as_timm_does_it(name, size):
    """The first keeps the centre, the others squash the whole picture, the last crops it too."""
    from timm.data import create_transform, resolve_data_config
    from timm.models import get_pretrained_cfg

    config = resolve_data_config(pretrained_cfg=get_pretrained_cfg(name).to_dict())
    pixels = np.random.default_rng(4).integers(0, 256, (*size[::-1], 3), np.uint8)
    picture = Image.fromarray(pixels)
    expected = create_transform(**config, is_training=False)(picture).numpy()
    np.testing.assert_allclose(timm_preprocessing(config)(picture), expected, atol=1e-5)
