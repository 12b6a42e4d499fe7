"""Where an experiment lacks something, figures and tables say so instead of failing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest
from matplotlib.figure import Figure

from cil.hierarchy import Hierarchy
from cil.images.store import ImageStore
from cil.labels.labelset import Label, LabelSet
from cil.report.figures.curves import draw_curves
from cil.report.figures.cuts import Point, draw_cuts
from cil.report.figures.depths import draw_depths
from cil.report.figures.forgiven import Outcomes, draw_forgiven
from cil.report.figures.mapping import draw_mapping
from cil.report.figures.per_label import draw_per_label
from cil.report.figures.survey import draw_survey
from cil.report.figures.voters import draw_voters
from cil.report.lists import contested_table, voters_table
from cil.report.scores import Correctness, DataSet, Run, Scores
from cil.report.style import save
from cil.report.tables import Experiment, baselines, table1, table2
from cil.survey.screenshot import BROWSERS, browser

DOG = "n02084071"
PICTURES = DataSet("Synthetic pictures", True, 16, 100, 10)


@pytest.fixture(scope="module")
def original(hierarchy: Hierarchy) -> LabelSet:
    return LabelSet(hierarchy, {w: Label(hierarchy.name(w), w) for w in hierarchy.classes})


@pytest.fixture(scope="module")
def dogs(original: LabelSet) -> LabelSet:
    hierarchy = original.hierarchy
    labels = {w: Label(hierarchy.name(w), w) for w in hierarchy.classes}
    return LabelSet(
        hierarchy, labels | {w: Label("dog", DOG) for w in hierarchy.classes_below(DOG)}
    )


@pytest.fixture
def words(tmp_path):
    """What a figure says, once it has been written in both forms."""

    def words_of(figure: Figure) -> str:
        save(figure, tmp_path / "figure.pdf", tmp_path / "figure.png")
        assert (tmp_path / "figure.png").stat().st_size > 1000
        parts = [text.get_text() for text in figure.findobj(lambda each: hasattr(each, "get_text"))]
        return " ".join(parts).replace("\n", " ")

    return words_of


def write_history(path: Path) -> Path:
    path.write_text("epoch,top1,top5\n1,0.1,0.3\n2,0.2,0.5\n", encoding="utf-8")
    return path


def test_one_seed_has_no_bands(tmp_path, words):
    histories = {"cil": [write_history(tmp_path / "history.csv")]}

    assert "one seed: no bands" in words(draw_curves(histories, Scores(()), None, "cil", "note"))


def test_one_seed_has_no_deviation(tmp_path):
    np.savez(tmp_path / "correct.npz")
    row = {"run": "cil", "seed": "0", "labels": "cil", "method": "direct"}
    row |= {"top1": 0.5, "top5": 0.9, "ece": 0.1, "severity": 3.0}
    voted = [Scores((row | {"simulated_votes": said},)) for said in ("False", "True")]
    experiment = Experiment(
        reference="cil",
        runs={"cil": Run("cil", "cil", None, 2)},
        seeds=1,
        scores=voted[True],
        correct=Correctness(tmp_path / "correct.npz"),
        data=PICTURES,
        label_sizes={"cil": 2},
        source=None,  # no network of original labels either
    )
    lone = baselines(experiment, [], {"cil": {"a": "x", "b": "y"}}, ["a", "b"], np.arange(2))

    for table in (table1(experiment), table2(experiment), lone):
        text = table.to_markdown()
        assert "One seed, so no deviation." in text
        assert "simulated" in text
        assert "50.0" in text
        assert "±" not in text
        assert "simulated_votes" not in text
        assert table.to_csv().splitlines()[-1].endswith(",True")
    real = table1(replace(experiment, scores=voted[False]))
    assert "simulated" not in real.to_markdown()
    assert real.to_csv().splitlines()[-1].endswith(",False")


@pytest.mark.parametrize(
    ("figure", "reason"),
    [
        (lambda: draw_curves({}, Scores(()), None, "cil", ""), "No run is trained"),
        (lambda: draw_per_label([], {}, "", ""), "No run is trained"),
        (lambda: draw_cuts([], [], None, ""), "No run is trained on original labels"),
        (lambda: draw_forgiven(None, [], "cil", ""), "No run is trained on original labels"),
        (
            lambda: draw_forgiven(Outcomes("all labels", 2, 1, 0, 1), [], "original", ""),
            "merges no classes",
        ),
    ],
    ids=["curves", "per_label", "cuts", "forgiven", "forgiven, nothing merged"],
)
def test_a_figure_of_networks_that_were_not_trained_says_so(figure, reason, words):
    assert reason in words(figure())


def test_a_figure_of_label_sets_without_cuts_shows_the_label_sets(words):
    assert "Labels" in words(draw_cuts([], [Point("cil", 500, [20.0])], "original", "note"))


def test_groups_without_a_single_picture_are_drawn_with_their_names(dogs, words):
    nothing = np.empty((0, 8, 8, 3), np.uint8), np.empty(0, np.int64)
    store = ImageStore(Path(), {"classes": list(dogs.classes)}, *nothing, *nothing)

    assert "118 classes" in words(draw_mapping(dogs, store, "no pictures"))


def test_a_label_set_without_groups_has_no_mapping_to_show(original, words):
    nothing = np.empty((0, 8, 8, 3), np.uint8), np.empty(0, np.int64)
    store = ImageStore(Path(), {"classes": list(original.classes)}, *nothing, *nothing)

    assert "No label of this set has more than one class" in words(
        draw_mapping(original, store, "")
    )


def test_an_experiment_without_dogs_has_no_depths_below_them(hierarchy, words):
    assert "No two classes" in words(draw_depths(hierarchy, hierarchy.classes[0]))


def test_without_a_name_from_wordnet_the_survey_figure_says_so(tmp_path, words):
    consensus = pandas.DataFrame({"wnid": ["n1", "n2"], "label_wnid": [None, None]})

    assert "none was chosen" in words(draw_survey(tmp_path, consensus))


@pytest.mark.skipif(browser() is None, reason="no browser is installed")
def test_without_votes_the_survey_figure_says_so(hierarchy, tmp_path, words):
    hierarchy.write(tmp_path / "hierarchy")
    wnid = hierarchy.classes[0]
    consensus = pandas.DataFrame({"wnid": [wnid], "label_wnid": [wnid], "voters": [0]})

    assert "there are no votes" in words(draw_survey(tmp_path, consensus))
    assert "no votes" not in words(draw_survey(tmp_path, consensus.assign(voters=3)))


def test_without_a_browser_the_survey_figure_says_so(
    hierarchy, tmp_path, monkeypatch, words, caplog
):
    monkeypatch.setenv("PATH", str(tmp_path))
    hierarchy.write(tmp_path / "hierarchy")
    consensus = pandas.DataFrame({"wnid": [hierarchy.classes_below(DOG)[0]], "label_wnid": [DOG]})

    assert "needs a browser" in words(draw_survey(tmp_path, consensus))
    assert BROWSERS[0] in caplog.text


def test_one_panel_of_voters_has_no_bars(words):
    row = {"method": "majority", "random_voters": 0.0, "ari_mean": 0.9, "ari_std": 0.0}
    study = [row | {"voters": n, "labels": 500.0, "panels": 1} for n in (1, 5)]

    assert "no bars" in words(draw_voters(study))
    assert "±" not in voters_table(study).to_html().split("<table>")[1]


def test_voters_who_agree_on_all_leave_nothing_contested():
    page = contested_table([]).to_html()

    assert "<th" in page
    assert "The votes are simulated" not in page
