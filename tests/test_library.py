"""The library, as people use it."""

import doctest
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torchvision.datasets import ImageFolder

import cil
import cil.labels.class_names
import cil.library.labels
import cil.library.loading
from cil.errors import UserError

LABELS = cil.load_labelset("people")


@pytest.mark.parametrize(
    "module", [cil.library.labels, cil.library.loading, cil.labels.class_names]
)
def test_the_examples_run(module):
    found = doctest.testmod(module)
    assert found.attempted and not found.failed


def test_it_loads_in_no_time_and_with_numpy_alone(tmp_path):
    code = """
import sys, time
class Refuse:
    def find_spec(self, name, path=None, target=None):
        package = name.partition(".")[0]
        if package not in {"cil", "numpy"} and package not in sys.stdlib_module_names:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Refuse())
import numpy, cil
labels = cil.load_labelset("people")
assert labels["n02085620"] == "dog"
assert labels.collapse(numpy.zeros((2, 1000))).shape == (2, 488)
rows = cil.score(20 * numpy.eye(1000)[:20], range(20), ["original", labels])
assert [row["top1"] for row in rows] == [1, 1]
labels.to_json("mine.json")
assert cil.load_labelset("mine.json").names == labels.names
assert not {"torch", "pandas"} & set(sys.modules)
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("method", ["sum", "best"])
def test_numpy_and_torch_collapse_alike(method):
    logits = np.random.default_rng(0).normal(size=(3, 4, 1000)).astype(np.float32)
    ours = LABELS.collapse(logits, method)
    theirs = LABELS.collapse(torch.from_numpy(logits), method)
    assert isinstance(theirs, torch.Tensor) and ours.shape == (3, 4, 488)
    np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-6)
    np.testing.assert_allclose(ours.sum(-1), 1, atol=1e-5)
    shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    np.testing.assert_allclose(ours, LABELS.collapse(shares, method, probabilities=True), atol=1e-6)


def test_a_model_is_wrapped():
    model = nn.Linear(5, 1000)
    pictures = torch.ones(2, 5)
    found = LABELS.wrap(model)(pictures)
    torch.testing.assert_close(found, LABELS.collapse(model(pictures)))


def test_a_part_of_imagenet_is_relabelled_by_name(tmp_path):
    for name in ("sports car", "Chihuahua"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (4, 4)).save(tmp_path / name / "a.png")
    data = LABELS.relabel(ImageFolder(tmp_path))
    assert [data.classes[target] for _, target in data] == ["dog", LABELS["sports car"]]


def test_scores_go_by_class_or_number():
    logits = np.random.default_rng(1).normal(size=(50, 1000))
    truth = np.arange(50) * 20
    by_number = cil.score(logits, truth, ["original", "people", "tree-cut"])
    by_wnid = cil.score(
        logits, [LABELS.classes[n] for n in truth], ["original", LABELS, "tree-cut"]
    )
    assert by_number == by_wnid
    assert [row["labels"] for row in by_number] == [1000, 488, 510]
    merged = LABELS.collapse(logits).argmax(-1) == LABELS.label_index[truth]
    assert by_number[1]["top1"] == pytest.approx(merged.mean())


def test_a_file_is_read_and_written(tmp_path):
    LABELS.to_json(tmp_path / "mine.json")
    again = cil.load_labelset(tmp_path / "mine.json")
    assert dict(again) == dict(LABELS)
    assert again.names == LABELS.names


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda: cil.load_labelset("peeple"), "there is no such file, and no such label set"),
        (lambda: LABELS.collapse(np.zeros((2, 1001))), "found 1,001 of each picture"),
        (lambda: LABELS.collapse(np.zeros((2, 1000)), "mean"), "allowed: sum, best"),
    ],
)
def test_what_cannot_be_is_refused(wrong, reason):
    with pytest.raises(UserError, match=reason):
        wrong()


def test_a_name_of_several_classes_is_no_key():
    with pytest.raises(KeyError, match="'crane' is the name of 2 classes"):
        LABELS["crane"]
    assert "n09999999" not in LABELS


def test_a_label_set_of_ones_own_classes_is_cut_edited_and_audited(tmp_path):
    corgi, birds = "n02112826", ["n01514668", "n01537544", "n01843383"]
    mine = cil.cut([*birds, corgi], labels=2)
    assert mine.classes == (*birds, corgi)
    assert mine.groups == {"bird": tuple(birds), mine[corgi]: (corgi,)}

    edited = mine.edit(split=["bird"], rename={corgi: "corgi"})
    assert edited[corgi] == "corgi" and len(edited.names) == 4
    assert mine[birds[0]] == "bird"  # as it was

    edited.to_json(tmp_path / "mine.json")
    assert dict(cil.load_labelset(tmp_path / "mine.json")) == dict(edited)


def test_an_audit_finds_what_cil_audit_finds():
    found = LABELS.audit()
    assert {finding.finding for finding in found} >= {"nested"}
    assert all(set(finding.classes) <= set(LABELS.classes) for finding in found)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: cil.cut(["n00000000"], labels=1), "n00000000"),
        (lambda: cil.cut(["n02112826"], labels=0), "labels: found 0; allowed: 1 to"),
        (lambda: LABELS.edit(keep=["dgo"]), "keep dgo: found 'dgo'; there is no such label"),
    ],
)
def test_what_cannot_be_cut_or_edited_is_refused(ask, message):
    with pytest.raises(UserError, match=message):
        ask()


@pytest.mark.parametrize("wrong", [-1, 1000, "n00000000"])
def test_a_class_that_is_none_is_not_scored_as_another(wrong):
    with pytest.raises(UserError, match=f"truth, picture 1: found {wrong!r}"):
        cil.score(np.eye(1000)[:2], [0, wrong], ["original"])


def test_names_shown_are_no_findings_and_a_part_of_the_classes_needs_no_vectors(monkeypatch):
    monkeypatch.setattr("cil.labels.ground.closeness_table", lambda *_: pytest.fail("computed"))
    some = cil.Labels({wnid: cil.load_labelset("original")[wnid] for wnid in LABELS.classes[::9]})
    kinds = {finding.finding for finding in some.audit()}
    assert "not an ancestor" not in kinds and "odd company" not in kinds
    dogs = dict.fromkeys(LABELS.groups["dog"], "dog") | {
        "n03584254": "system",
        "n03733281": "system",
    }
    assert [f.label for f in cil.Labels(dogs).audit() if f.finding == "odd company"] == ["system"]
