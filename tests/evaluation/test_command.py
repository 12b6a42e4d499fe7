"""`cil evaluate`: answers of any form, met with their pictures, scored in label sets."""

import json

import numpy as np
import pandas
import pytest

from cil.cli import main
from cil.evaluation.command import wilson
from cil.images.named_lists import named_list

WNIDS = named_list("imagenet-1k")
PICTURES = 60
TRUTH = np.random.default_rng(0).integers(0, 1000, PICTURES)


def logits() -> np.ndarray:
    """Answers of which the first 30 are right, and the next 15 name another class of the label."""
    answers = np.random.default_rng(1).normal(size=(PICTURES, 1000))
    for row, true in enumerate(TRUTH):
        near = true + 1 if true % 2 == 0 else true - 1
        answers[row, true if row < 30 else near if row < 45 else (true + 500) % 1000] = 20
    return answers


@pytest.fixture
def pairs(tmp_path):
    """A label set that merges classes two by two."""
    path = tmp_path / "pairs.json"
    path.write_text(json.dumps({wnid: f"pair {n // 2}" for n, wnid in enumerate(WNIDS)}))
    return path


@pytest.fixture
def truth(tmp_path):
    """The classes of the pictures by name, last picture first."""
    path = tmp_path / "truth.csv"
    lines = [f"picture{row}.jpg,{WNIDS[true]}" for row, true in enumerate(TRUTH)]
    path.write_text("\n".join(["file,wnid", *reversed(lines)]) + "\n")
    return path


def named(order=slice(None)) -> pandas.DataFrame:
    """The answers as a table with names, classes in reverse, pictures in the `order` asked for."""
    table = pandas.DataFrame(logits(), columns=WNIDS)[WNIDS[::-1]]
    table.insert(0, "file", [f"val/picture{row}.jpg" for row in range(PICTURES)])
    return table.iloc[order]


def evaluate(folder, answers, truth, labels, *options) -> dict[str, dict[str, float]]:
    arguments = ("--predictions", answers, "--truth", truth, "--labels", labels, *options)
    table, experiment = folder / "table.csv", ("--experiment", folder)
    assert main(["evaluate", *map(str, (*arguments, *experiment, "--csv", table))]) == 0
    frame = pandas.read_csv(table).set_index("labelset")
    return {str(name): row.to_dict() for name, row in frame.iterrows()}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_are_met_with_their_pictures_by_name(tmp_path, pairs, truth, form):
    table, path = named(slice(None, None, -1)), tmp_path / f"answers.{form}"
    table.to_csv(path, index=False) if form == "csv" else table.to_parquet(path)

    found = evaluate(tmp_path, path, truth, pairs)

    assert found["original"]["sum_top1"] == pytest.approx(100 * 30 / 60)
    merged = found[str(pairs)]
    assert (merged["labels"], merged["sum_top1"]) == (500, pytest.approx(100 * 45 / 60))
    assert merged["forgiven"] == pytest.approx(100 * 15 / 30)


@pytest.mark.parametrize("kind", ["logits", "probabilities"])
@pytest.mark.parametrize("form", ["npy", "npz"])
def test_arrays_go_by_order(tmp_path, pairs, kind, form):
    answers = logits()
    if kind == "probabilities":
        answers = np.exp(answers) / np.exp(answers).sum(1, keepdims=True)
    path = tmp_path / f"answers.{form}"
    np.save(path, answers) if form == "npy" else np.savez(path, **{kind: answers})
    (tmp_path / "truth.txt").write_text("".join(f"{true}\n" for true in TRUTH))

    found = evaluate(tmp_path, path, tmp_path / "truth.txt", pairs)

    assert found[str(pairs)]["sum_top1"] == pytest.approx(100 * 45 / 60)
    assert found[str(pairs)]["sum_interval"] == "[62.8, 84.2]"


def test_the_interval_is_wilsons():
    assert wilson(736, 1000) == pytest.approx((0.7078, 0.7624), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=1e-4)


def refusal(folder, capsys, answers, *options) -> str:
    given = ("evaluate", "--predictions", answers, *options, "--labels", "original")
    assert main([*map(str, given), "--experiment", str(folder)]) == 1
    return capsys.readouterr().err


def test_answers_that_cannot_be_met_are_refused(tmp_path, capsys, truth):
    np.save(tmp_path / "answers.npy", logits()[:50])
    error = refusal(tmp_path, capsys, tmp_path / "answers.npy", "--truth", truth)
    assert "has 60 pictures, but there are answers to 50" in error

    table = named()
    table.loc[3, "file"] = "stranger.jpg"
    table.to_csv(tmp_path / "answers.csv", index=False)
    error = refusal(tmp_path, capsys, tmp_path / "answers.csv", "--truth", truth)
    assert "has no class for stranger.jpg" in error

    table = named().rename(columns={WNIDS[5]: "n99999999"})
    table.to_csv(tmp_path / "answers.csv", index=False)
    error = refusal(tmp_path, capsys, tmp_path / "answers.csv", "--truth", truth)
    assert WNIDS[5] in error and "n99999999" in error

    np.save(tmp_path / "answers.npy", 1 / (1 + np.exp(-logits())))
    error = refusal(tmp_path, capsys, tmp_path / "answers.npy", "--truth", truth)
    assert "like sigmoids" in error and "--outputs" in error


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ((), "give --pictures or --truth"),
        (("--truth", "{truth}", "--mean", "0", "0", "0"), "--mean: --predictions are answers"),
        (("--truth", "nowhere.txt"), "nowhere.txt"),
    ],
)
def test_options_that_lack_or_are_lost_are_refused(tmp_path, capsys, truth, options, reason):
    np.save(tmp_path / "answers.npy", logits())
    given = [option.format(truth=truth) for option in options]
    assert reason in refusal(tmp_path, capsys, tmp_path / "answers.npy", *given)


def test_a_label_set_that_there_is_not_is_refused_with_those_there_are(tmp_path, capsys, truth):
    np.save(tmp_path / "answers.npy", logits())
    given = ["evaluate", "--predictions", tmp_path / "answers.npy", "--truth", truth]
    for asked, reason in (("peeple", "published, original"), ("people:0", "N above 0")):
        arguments = [*map(str, given), "--labels", asked, "--experiment", str(tmp_path)]
        assert main(arguments) == 1
        assert reason in capsys.readouterr().err
