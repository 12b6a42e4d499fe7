"""The tables of evaluation/, on ImageNet's real hierarchy."""

import csv

import numpy as np
import pytest

from cil.errors import UserError
from cil.evaluation.evaluate import METRICS, Evaluation, open_tasks
from cil.evaluation.severity import mean_severity, severities
from cil.hierarchy import Hierarchy
from cil.labels.labelset import Label, LabelSet

DOG, PERSIAN, TABBY, CRANE = "n02084071", "n02123394", "n02123045", "n03126707"


@pytest.fixture(scope="module")
def original(hierarchy: Hierarchy) -> LabelSet:
    return LabelSet(hierarchy, {w: Label(hierarchy.name(w), w) for w in hierarchy.classes})


@pytest.fixture(scope="module")
def dogs(hierarchy: Hierarchy) -> LabelSet:
    """All dogs are dogs; the cats share a label that is no synset."""
    labels = {w: Label(hierarchy.name(w), w) for w in hierarchy.classes}
    labels |= {w: Label("dog", DOG) for w in hierarchy.classes_below(DOG)}
    labels |= {w: Label("kitty") for w in (PERSIAN, TABBY)}
    return LabelSet(hierarchy, labels)


def test_severity_is_the_height_of_the_lowest_common_ancestor(hierarchy, original):
    met = severities(hierarchy, original)
    chance = np.random.default_rng(0)

    assert met.shape == (1000, 1000)
    assert (np.diag(met) == 0).all()
    assert (met == met.T).all()
    for a, b in chance.integers(0, 1000, (200, 2)):
        pair = original.classes[a], original.classes[b]
        lowest = hierarchy.lowest_common_ancestors(pair)
        assert met[a, b] == min(hierarchy.heights[wnid] for wnid in lowest)


def test_severity_towards_labels(hierarchy, dogs):
    met = severities(hierarchy, dogs)
    index = hierarchy.index
    dog, kitty = (
        dogs.label_index[index[hierarchy.classes_below(DOG)[0]]],
        dogs.label_index[index[TABBY]],
    )

    assert (met[dogs.label_index == dog, dog] == hierarchy.heights[DOG]).all()
    assert met[index[TABBY], kitty] == met[index[PERSIAN], kitty]
    # Another domestic cat is nearer to "kitty" than a crane for building is.
    assert met[index["n02124075"], kitty] < met[index[CRANE], kitty]


def test_mean_severity_counts_wrong_answers_alone():
    met = np.array([[0, 4], [4, 0]], np.uint8)
    classes, predicted = np.array([0, 0, 1]), np.array([0, 1, 1])

    assert mean_severity(met, classes, predicted, predicted == classes) == 4
    assert np.isnan(mean_severity(met, classes, classes, classes == classes))


@pytest.fixture(scope="module")
def evaluated(hierarchy, original, dogs, tmp_path_factory):
    """A model that knows every class, but takes each dog for the next dog."""
    folder = tmp_path_factory.mktemp("evaluation")
    dogs = LabelSet(hierarchy, {w: dogs.label_of(w) for w in dogs.classes}, simulated_votes=True)
    for name, labelset in (("original", original), ("dogs", dogs)):
        labelset.write(folder / f"{name}.json", folder / f"{name}.parquet")
    classes = np.arange(1000)
    logits = np.zeros((1000, 1000), np.float32)
    below = [hierarchy.index[wnid] for wnid in hierarchy.classes_below(DOG)]
    answers = classes.copy()
    answers[below] = np.roll(below, 1)
    logits[classes, answers] = 20
    paths = {name: folder / f"{name}.parquet" for name in ("original", "dogs")}
    evaluation = Evaluation(open_tasks(hierarchy, paths, classes))
    evaluation.add("original", 0, "original", logits)
    evaluation.write(folder)
    return folder


def rows(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("shape", [(1000, 1001), (1000, 999), (1000,)])
def test_logits_without_a_column_per_label_are_refused(evaluated, hierarchy, shape):
    tasks = open_tasks(hierarchy, {"own": evaluated / "original.parquet"}, np.arange(1000))

    with pytest.raises(UserError, match=r"of run paper, seed 3: found shape .* 1000 labels of own"):
        Evaluation(tasks).add("paper", 3, "own", np.zeros(shape, np.float32))


def test_metrics_have_a_row_for_every_label_set_and_method(evaluated):
    metrics = rows(evaluated / "metrics.csv")

    assert tuple(metrics[0]) == METRICS
    assert [(row["labels"], row["method"], float(row["top1"])) for row in metrics] == [
        ("dogs", "argmax", 1.0),
        ("dogs", "sum", 1.0),
        ("original", "direct", 0.882),
    ]
    assert [row["simulated_votes"] for row in metrics] == ["True", "True", "False"]
    assert metrics[0]["severity"] == "nan"
    assert 1 <= float(metrics[2]["severity"]) <= 5


def test_merging_forgives_what_it_should(evaluated):
    (row,) = rows(evaluated / "forgiven.csv")

    assert (row["labels"], row["errors"], row["forgiven"], row["share"]) == (
        "dogs",
        "118",
        "118",
        "1.0",
    )


def test_per_label_and_per_class(evaluated):
    labels, classes = rows(evaluated / "per_label.csv"), rows(evaluated / "per_class.csv")

    assert len(labels) == len(classes) == 1000
    tench = next(row for row in classes if row["wnid"] == "n01440764")
    assert (tench["images"], tench["top1"], tench["most_confused_with"]) == ("1", "1.0", "")
    chihuahua = next(row for row in classes if row["wnid"] == "n02085620")
    assert (chihuahua["top1"], bool(chihuahua["most_confused_with"])) == ("0.0", True)


def test_correct_answers_are_kept_for_paired_comparisons(evaluated):
    correct = np.load(evaluated / "correct.npz")

    assert sorted(correct) == [
        "original/0/dogs/argmax",
        "original/0/dogs/sum",
        "original/0/original/direct",
    ]
    assert correct["original/0/original/direct"].sum() == 882
