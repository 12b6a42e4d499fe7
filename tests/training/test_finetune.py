"""Finetuning starts from another run's weights."""

import numpy as np
import pytest
import torch

from cil.errors import UserError
from cil.training.checkpoint import read_tensors
from cil.training.data import Labelling

MERGED = Labelling(np.array([0, 0, 1, 1, 2, 2]), ("ab", "cd", "ef"))


@pytest.fixture
def parent(trainer, tmp_path):
    trainer("parent", epochs=8, learning_rate=0.03).run()
    return tmp_path / "parent" / "model.safetensors"


def test_only_the_last_layer_is_new(trainer, parent):
    network = trainer("child", parent=parent, labelling=MERGED).network
    before, _ = read_tensors(parent)

    for name, value in network.state_dict().items():
        if name.startswith("fc."):
            assert value.shape[0] == 3
        else:
            assert torch.equal(value, before[name]), name


def test_a_merged_head_starts_where_summing_leaves_off(trainer, parent, val):
    """Exactly where the rows of a label are equal; on a trained model, near it."""
    child = trainer("child", parent=parent, labelling=MERGED, init="merged", precision="fp32")
    before, _ = read_tensors(parent)
    torch.testing.assert_close(child.network.fc.weight[1], before["fc.weight"][2:4].mean(0))
    torch.testing.assert_close(child.network.fc.bias[1], before["fc.bias"][2:4].mean() + np.log(2))

    top1 = (child._predict().argmax(1) == child.val_targets).double().mean()
    logits = np.load(parent.parent / "logits.npy")
    summed = np.exp(logits - logits.max(1, keepdims=True)).reshape(-1, 3, 2).sum(2)
    assert summed.argmax(1).shape == (30,)
    assert top1 >= (summed.argmax(1) == MERGED.labels[val.classes]).mean() - 0.15
    assert top1 > 0.5


def test_a_frozen_body_keeps_weights_and_batch_statistics(trainer, parent, tmp_path):
    trainer("child", parent=parent, labelling=MERGED, epochs=1, freeze_epochs=1).run()
    before, _ = read_tensors(parent)
    after, _ = read_tensors(tmp_path / "child" / "model.safetensors")

    assert all(torch.equal(after[n], before[n]) for n in before if not n.startswith("fc."))


def test_the_body_learns_after_the_freeze(trainer, parent, tmp_path):
    trainer("child", parent=parent, labelling=MERGED, epochs=2, freeze_epochs=1).run()
    before, _ = read_tensors(parent)
    after, _ = read_tensors(tmp_path / "child" / "model.safetensors")

    name = "layer4.1.conv2.weight"
    assert not torch.equal(after[name], before[name])


def test_the_head_can_have_a_rate_of_its_own(trainer, parent):
    settings = {"learning_rate": 0.01, "head_learning_rate": 0.1}
    child = trainer("child", parent=parent, labelling=MERGED, **settings)
    next(child._steps(epoch=0, first=0))

    rates = {
        parameter: group["lr"]
        for group in child.optimiser.param_groups
        for parameter in group["params"]
    }
    assert rates[child.network.fc.weight] == pytest.approx(0.1)
    assert rates[child.network.conv1.weight] == pytest.approx(0.01)


def test_a_parent_of_another_width_or_data_set_is_refused(trainer, parent):
    with pytest.raises(UserError, match="do not fit network resnet18 of width 8"):
        trainer("child", parent=parent, labelling=MERGED, width=8)
    more = Labelling(np.array([0, 0, 1, 1, 2, 2, 3]), tuple("abcd"))
    with pytest.raises(UserError, match="trained on 6 classes, the run's label set has 7"):
        trainer("child", parent=parent, labelling=more, init="merged")
    with pytest.raises(UserError, match="no readable model"):
        trainer("child", parent=parent.parent / "none.safetensors", labelling=MERGED)
