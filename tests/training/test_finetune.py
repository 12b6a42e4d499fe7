"""Finetuning starts from another run's weights."""

import numpy as np
import pytest
import torch

from cil.errors import UserError
from cil.training.checkpoint import read_tensors, write_tensors
from cil.training.data import Labelling
from cil.training.recipe import Recipe

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


def test_a_parent_of_as_many_other_classes_is_refused(trainer, parent):
    same, other = (
        Labelling(MERGED.labels, MERGED.names, tuple(f"n{digit}000000{n}" for n in range(6)))
        for digit in "09"
    )

    trainer("child", parent=parent, labelling=same, init="merged")
    with pytest.raises(UserError, match="other classes: n00000000 where the run has n90000000"):
        trainer("child", parent=parent, labelling=other, init="merged")
    trainer("child", parent=parent, labelling=other)  # a last layer at random goes with any classes


def test_a_parent_that_does_not_say_its_labels_gives_its_body_alone(trainer, parent, tmp_path):
    foreign = tmp_path / "foreign.safetensors"
    write_tensors(foreign, read_tensors(parent)[0], {})

    trainer("child", parent=foreign, labelling=MERGED)
    with pytest.raises(UserError, match="does not say which class had which label"):
        trainer("child", parent=foreign, labelling=MERGED, init="merged")


def test_both_heads_of_a_distilled_network_are_merged(trainer, tmp_path):
    distilled = {"network": "deit_tiny_distilled_patch16_224", "width": 64, "epochs": 1}
    trainer("parent", **distilled).run()
    before, _ = read_tensors(tmp_path / "parent" / "model.safetensors")

    model = tmp_path / "parent" / "model.safetensors"
    child = trainer("child", parent=model, labelling=MERGED, init="merged", **distilled)

    for name in ("head", "head_dist"):
        merged = child.network.get_submodule(name).weight[1]
        torch.testing.assert_close(merged, before[f"{name}.weight"][2:4].mean(0))


def test_keys_of_finetuning_change_nothing_from_scratch(caplog):
    keys = {"freeze_epochs": 2, "head_learning_rate": 0.2, "init": "merged"}
    with caplog.at_level("INFO"):
        assert Recipe.from_config(keys) == Recipe.from_config({})

    assert "from scratch, without init, freeze_epochs, head_learning_rate" in caplog.text
    assert Recipe.from_config(keys, finetune=True).freeze_epochs == 2


def test_a_head_cannot_learn_alone_by_its_rate():
    rates = {"learning_rate": 0, "head_learning_rate": 0.1}
    with pytest.raises(UserError, match="above 0, and freeze_epochs: 10 to train the last layer"):
        Recipe.from_config(rates, finetune=True)


@pytest.mark.parametrize("preset", ["paper", "short", "strong"])
def test_a_finetuning_takes_ten_epochs(preset):
    assert Recipe.from_config({"recipe": preset}, finetune=True).epochs == 10
