"""A training is exactly what its recipe says, and the same every time."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from cil.training import schedule
from cil.training.augment import MEAN, STD, EpochPlan, crop_and_flip
from cil.training.devices.machine import Machine
from cil.training.networks.network import build_network
from cil.training.recipe import Recipe


def naive_batch(split, plan, rows, padding):
    """Pictures cropped, mirrored and normalised one by one, the plain way."""
    out = []
    for row in rows:
        picture = torch.from_numpy(split.images[plan.order[row]]).permute(2, 0, 1) / 255
        top, left, side = int(plan.top[row]), int(plan.left[row]), picture.shape[1]
        picture = functional.pad(picture, (padding,) * 4)[:, top : top + side, left : left + side]
        if plan.flip[row]:
            picture = picture.flip(2)
        out.append((picture - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None])
    return torch.stack(out)


@pytest.mark.parametrize("preset", ["paper", "strong"])
def test_every_step_equals_a_naive_loop(trainer, train, preset):
    ours = trainer(recipe=preset, precision="fp32", epochs=3)
    recipe = ours.recipe
    plain = build_network(recipe, 6, 8, seed=0)
    decayed = [p for p in plain.parameters() if p.ndim > 1 or recipe.decay_norm_and_bias]
    spared = [p for p in plain.parameters() if p.ndim <= 1 and not recipe.decay_norm_and_bias]
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": spared}]
    optimiser = torch.optim.SGD(
        [group for group in groups if group["params"]],
        lr=1.0,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
    )
    for step, loss in ours._steps(epoch=0, first=0):
        plan = EpochPlan.draw(recipe, 0, 0, 100, 6)
        rows = range(16 * step, 16 * step + 16)
        target = torch.from_numpy(train.classes[plan.order[rows.start : rows.stop]])
        logits = plain(naive_batch(train, plan, rows, recipe.crop_padding))
        expected = functional.cross_entropy(logits, target, label_smoothing=recipe.label_smoothing)
        for group in optimiser.param_groups:
            group["lr"] = schedule.learning_rate(recipe, step, 6)
        optimiser.zero_grad()
        expected.backward()
        optimiser.step()

        assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
        for (name, a), b in zip(ours.network.named_parameters(), plain.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=2e-5, msg=f"{name}, step {step}")
            # Rounding differences grow from step to step: start each from the same state.
            b.data.copy_(a.data)
            momentum = ours.optimiser.state[a]["momentum_buffer"]
            optimiser.state[b]["momentum_buffer"].copy_(momentum)


def test_learning_rates_are_the_papers():
    def rates(recipe):
        return [schedule.learning_rate(recipe, epoch * 7 + 3, 7) for epoch in range(recipe.epochs)]

    scratch, finetuning = Recipe.from_config({}), Recipe.from_config({}, finetune=True)

    assert rates(scratch) == [0.1] * 10 + [0.05] * 10 + [0.025] * 10 + [0.0125] * 10
    assert rates(finetuning) == [
        rate for rate in (0.1, 0.05, 0.025, 0.0125, 0.00625) for _ in range(2)
    ]


def test_the_strong_recipe_warms_up_over_a_share_of_its_epochs():
    assert Recipe.from_config({"recipe": "strong"}).warmup_epochs == 6
    assert Recipe.from_config({"recipe": "strong", "epochs": 20}).warmup_epochs == 3
    assert Recipe.from_config({"recipe": "strong", "warmup_epochs": 1}).warmup_epochs == 1
    assert Recipe.from_config({"recipe": "strong"}, finetune=True).warmup_epochs == 0


@pytest.mark.parametrize("kind", ["cosine", "one-cycle"])
def test_annealing_rises_over_the_warm_up_and_ends_near_zero(kind):
    recipe = Recipe.from_config({"schedule": kind, "warmup_epochs": 2, "epochs": 10})
    rates = np.array([schedule.learning_rate(recipe, step, 50) for step in range(500)])

    assert (np.diff(rates[:100]) > 0).all()
    assert (np.diff(rates[100:]) < 0).all()
    assert rates[100] == rates.max() == 0.1
    assert 0 < rates[-1] < 0.0005


def test_weights_are_bit_identical_for_any_number_of_loader_threads(trainer, tmp_path):
    for threads in (1, 4):
        trainer(f"{threads}", Machine(device="cpu", threads=1, loader_threads=threads)).run()

    one, four = (tmp_path / name / "model.safetensors" for name in "14")
    assert one.read_bytes() == four.read_bytes()


def test_seeds_differ(trainer, tmp_path):
    for seed in (0, 1):
        trainer(f"{seed}", seed=seed).run()

    first, second = (tmp_path / name / "model.safetensors" for name in "01")
    assert first.read_bytes() != second.read_bytes()


def test_crops_reach_every_offset_and_flips_half_of_the_pictures():
    plan = EpochPlan.draw(Recipe.from_config({"crop_padding": 2}), 0, 0, 4000, 10)

    assert sorted(plan.order.tolist()) == list(range(4000))
    assert set(plan.top.tolist()) == set(plan.left.tolist()) == set(range(5))
    assert 0.45 < plan.flip.double().mean() < 0.55


def test_a_crop_is_a_piece_of_the_padded_picture():
    picture = torch.arange(1, 13, dtype=torch.uint8).reshape(1, 2, 2, 3)
    corner = torch.tensor([0])

    shifted = crop_and_flip(picture, corner, corner, torch.tensor([False]), 1)
    mirrored = crop_and_flip(picture, corner + 1, corner + 1, torch.tensor([True]), 1)

    assert shifted[0, 1, 1].tolist() == picture[0, 0, 0].tolist()
    assert shifted[0, 0].sum() == shifted[0, :, 0].sum() == 0
    assert torch.equal(mirrored, picture.flip(2))


@pytest.mark.parametrize(("start", "full"), [(16, 32), (8, 26), (4, 10), (1, 33)])
def test_progressive_resizing_grows_to_the_full_size(start, full):
    recipe = Recipe.from_config({"start_resolution": start, "epochs": 10})
    sides = [schedule.resolution(recipe, epoch, full) for epoch in range(10)]

    assert sides == sorted(sides)
    assert sides[0] == max(4, start)
    assert sides[-2:] == [full, full]
    assert all(side % 4 == 0 for side in sides[:-2])


@pytest.mark.parametrize("epochs", [1, 2, 4])
def test_progressive_resizing_of_a_few_epochs_ends_at_the_full_size(epochs):
    recipe = Recipe.from_config({"start_resolution": 16, "epochs": epochs})

    assert schedule.resolution(recipe, epochs - 1, 32) == 32


@pytest.mark.parametrize(
    "settings",
    [
        {"mixup": 0.2},
        {"ema_epochs": 0.5},
        {"schedule": "one-cycle", "warmup_epochs": 1},
        {"network": "shufflenet_v2_x0_5", "width": 64},
    ],
    ids=str,
)
def test_every_ingredient_learns(trainer, settings):
    assert trainer(epochs=10, learning_rate=0.03, **settings).run()["top1"] > 0.5


def test_history_has_a_row_per_epoch_and_metrics_say_what_was_done(trainer, tmp_path):
    metrics = trainer().run()

    header, *rows = (tmp_path / "model" / "history.csv").read_text().splitlines()
    assert header == "epoch,learning_rate,train_loss,val_loss,top1,top5,images_per_second,seconds"
    assert [row.split(",")[:2] for row in rows] == [["1", "0.1"], ["2", "0.025"]]
    assert metrics["config"]["width"] == 4
    assert metrics["device"] == "cpu"
    assert metrics["versions"]["torch"] == torch.__version__
    logits = np.load(tmp_path / "model" / "logits.npy")
    assert logits.shape == (30, 6)
    assert not (tmp_path / "model" / "checkpoint").exists()
