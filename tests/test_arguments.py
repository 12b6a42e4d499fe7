"""No option of a command is dropped in silence."""

import argparse
import json

import pytest

from cil.cli import COMMANDS, main
from cil.errors import UserError
from cil.survey.cli import configure
from cil.training.__main__ import _parser
from cil.training.__main__ import main as train


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["--set", "epochs=nonsense", "--set", "width=4"], "epochs"),
        (["--set", "epochs=2", "width=4", "--set", "epochs=3"], "--set epochs: found 2 and 3"),
    ],
)
def test_every_set_of_a_training_counts(tmp_path, settings, message):
    with pytest.raises(UserError, match=message):
        train([str(tmp_path), "--out", str(tmp_path), *settings])


def test_settings_may_come_together_or_one_by_one():
    given = _parser().parse_args(["images", "--out", "o", "--set", "a=1", "b=2", "--set", "c=3"])
    assert given.set == ["a=1", "b=2", "c=3"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["audit", "a.json", "--csv", "a.csv", "--csv", "b.csv"],
        ["verify", "results/a", "--like", "b", "--like", "c"],
        ["collapse", "--model", "timm/a", "--model", "timm/b", "--labels", "a.json"],
        ["collapse", "--onnx", "a", "--labels", "b", "--side", "3", "--side", "4"],
        ["classify", "a.png", "--top", "3", "--top", "4"],
        ["survey", "--port", "1", "--port", "2"],
    ],
    ids=" ".join,
)
def test_an_option_that_is_given_twice_is_refused(arguments, capsys):
    assert arguments[0] in COMMANDS
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "is given twice; keep one" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "timm/resnet18", "--side", "64"], "--side: a --model knows its own"),
        (["--model", "timm/resnet18", "--mean", "0", "0", "0"], "--mean: a --model knows its own"),
        (["--onnx", "{onnx}", "--weights", "random"], "--weights: an --onnx file has its own"),
    ],
)
def test_an_option_that_would_change_nothing_is_refused(tmp_path, capsys, arguments, message):
    from cil.images.named_lists import named_list

    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps(dict.fromkeys(named_list("imagenet-1k"), "thing")))
    given = [each.format(onnx=tmp_path / "m.onnx") for each in arguments]

    assert main(["collapse", "--labels", str(labels), *given]) == 1
    assert message in capsys.readouterr().err


def test_the_address_of_a_survey_counts_before_and_after_the_action():
    parser = argparse.ArgumentParser()
    configure(parser)
    for line in ("--host ::1 --port 9 serve", "serve --host ::1 --port 9", "--host ::1 --port 9"):
        given = parser.parse_args(line.split())
        assert (given.host, given.port) == ("::1", 9)
