"""What cannot be trained is refused with one message that says what to do."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from cil.configuration.config import load_schema
from cil.errors import UserError
from cil.training import recipe as recipes
from cil.training.__main__ import main
from cil.training.data import Feeder, Labelling, Split
from cil.training.devices import machine as machines
from cil.training.devices.machine import Machine
from cil.training.recipe import Recipe


def test_a_loss_that_is_no_number_stops_with_step_checkpoint_and_advice(trainer):
    with pytest.raises(UserError) as refused:
        trainer(learning_rate=90.0, batch_size=4, precision="fp32", epochs=50, phases=1).run()

    message = str(refused.value)
    assert "training: the loss is nan at step" in message
    assert "checkpoint" in message
    assert "Lower learning_rate (now 90)" in message


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"learning_rat": 1}, "training key learning_rat: unknown; did you mean learning_rate?"),
        ({"recipe": "stong"}, "recipe: found 'stong'; known are paper, short, strong"),
        ({"momentum": 1.5}, "training key momentum: found 1.5; allowed: 0 to 0.9999"),
        ({"schedule": "linear"}, "allowed are step, cosine, one-cycle"),
        ({"epochs": 2, "warmup_epochs": 3}, "more than epochs (2)"),
        ({"recipe": "strong", "momentum": 0}, "set nesterov: false"),
        ({"flip": "False"}, "training key flip: found 'False'; expected true or false"),
        ({"nesterov": 1}, "training key nesterov: found 1; expected true or false"),
        ({"learning_rate": "abc"}, "training key learning_rate: found 'abc'; expected a number"),
        ({"learning_rate": float("nan")}, "training key learning_rate: found nan; allowed: 0 to"),
        ({"epochs": 2.0}, "training key epochs: found 2.0; expected a whole number"),
        ({"batch_size": True}, "training key batch_size: found True; expected a whole number"),
        ({"recipe": ["paper"]}, "training key recipe: found ['paper']; expected a word"),
    ],
)
def test_a_bad_recipe(config, message):
    with pytest.raises(UserError) as refused:
        Recipe.from_config(config)
    assert message in str(refused.value)


def test_the_schema_and_the_recipe_know_the_same_keys_with_the_same_bounds():
    schema = load_schema()["$defs"]["recipe"]["properties"]

    assert list(schema) == list(Recipe().as_dict())
    assert schema["recipe"]["enum"] == list(recipes.PRESETS)
    for key, (low, high) in recipes.RANGES.items():
        assert (schema[key]["minimum"], schema[key]["maximum"]) == (low, high), key
    for key, allowed in recipes.CHOICES.items():
        assert tuple(schema[key]["enum"]) == allowed


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"threads": -3}, "training key threads: found -3; allowed: 0 to 256"),
        ({"loader_threads": 0}, "training key loader_threads: found 0; allowed: 1 to 64"),
        ({"processes": 0}, "training key processes: found 0; allowed: 1 to 64"),
        ({"place": "attic"}, "training key place: found 'attic'; allowed are auto, device"),
        ({"compile": "yes"}, "training key compile: found 'yes'; allowed are auto, off"),
    ],
)
def test_a_bad_machine(settings, message):
    with pytest.raises(UserError) as refused:
        Machine(**settings)
    assert message in str(refused.value)


def test_the_schema_and_the_machine_allow_the_same():
    schema = load_schema()["properties"]["training"]["properties"]

    assert tuple(schema["place"]["enum"]) == machines.PLACES
    assert tuple(schema["compile"]["enum"]) == machines.COMPILE
    for key in ("loader_threads", "processes"):
        assert (schema[key]["minimum"], schema[key]["maximum"]) == machines.RANGES[key]
    assert schema["threads"]["maximum"] == machines.RANGES["threads"][1]


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ("--seed -1", "--seed: found -1; expected 0 or more"),
        ("--set flip=False", "training key flip: found 'False'; expected true or false"),
        ("--set flip", "--set flip: expected key=value"),
    ],
)
def test_a_mistake_on_the_command_line(store, tmp_path, mistake, message):
    with pytest.raises(UserError) as refused:
        main([str(store), "--out", str(tmp_path / "model"), *mistake.split()])
    assert message in str(refused.value)


def test_a_batch_of_one_picture_where_a_norm_wants_two(trainer):
    with pytest.raises(UserError, match=r"Expected more than 1 value.*a batch_size of 2 or more"):
        trainer(batch_size=1)


def test_pictures_that_are_no_pictures():
    with pytest.raises(UserError, match="expected uint8"):
        Split(np.zeros((2, 8, 8, 3), np.float32), np.zeros(2, int))
    with pytest.raises(UserError, match="2 pictures and 3 classes"):
        Split(np.zeros((2, 8, 8, 3), np.uint8), np.zeros(3, int))


def test_a_label_set_of_another_data_set(trainer):
    with pytest.raises(UserError, match="classes run from 0 to 5"):
        trainer(labelling=Labelling(np.arange(4), tuple("abcd")))
    with pytest.raises(UserError, match="without a gap"):
        Labelling(np.array([0, 2]), ("a", "b", "c"))


def test_a_label_file_that_misses_classes(tmp_path):
    (tmp_path / "labels.json").write_text('{"n1": "dog"}')
    with pytest.raises(UserError, match="1 of 2 classes of the pictures have no label: n2"):
        Labelling.read(tmp_path / "labels.json", ["n1", "n2"])


def test_a_label_file_of_another_kind(tmp_path):
    (tmp_path / "labels.json").write_text('["dog", "cat"]')
    with pytest.raises(UserError, match=r"found a list; expected an object \{wnid: label\}"):
        Labelling.read(tmp_path / "labels.json", ["n1", "n2"])


def test_a_device_that_is_not_there(trainer):
    if not torch.cuda.is_available():
        with pytest.raises(UserError, match=r"found cuda, but .*; or use cpu"):
            trainer(machine=Machine(device="cuda"))


def test_training_needs_no_pandas_networkx_or_snakemake():
    """It runs on bare GPU machines from a checkout."""
    program = (
        "import sys; import cil.training.__main__; "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert not {"pandas", "networkx", "snakemake", "timm", "nltk"} & set(done.stdout.split())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_pictures_larger_than_memory_stay_on_disk(tmp_path):
    """Two gigabytes of pictures are fed in little memory of the process's own."""
    # A sparse file: it takes no room on disk.
    images = np.lib.format.open_memmap(tmp_path / "train.npy", "w+", np.uint8, (655_360, 32, 32, 3))
    feeder = Feeder(images, torch.device("cpu"), threads=2)
    rows = np.random.default_rng(0).permutation(len(images))[: 200 * 256]
    before = private_memory()

    fed = sum(len(batch) for batch in feeder.batches(torch.from_numpy(rows).split(256)))

    assert fed == 200 * 256
    assert private_memory() - before < 100e6


def private_memory() -> float:
    """Bytes that this process holds beside mapped files."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
