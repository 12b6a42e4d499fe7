"""The whole chain: the default experiment from nothing, and real pictures from the sample zip."""

import json
import os
from pathlib import Path

import numpy as np
import pandas
import pytest
from project import Project

from cil.labels.class_names import bundled
from cil.labels.ground import IMAGENET_1K
from docs.bundle import GROUND, SETS, shown

pytestmark = pytest.mark.slow

# One row per thing named, sorted by the first column(s): what users and scripts rely on.
TABLES = {
    "hierarchy/classes.parquet": "index wnid name synset lemmas definition depth_min depth_max",
    "hierarchy/synsets.parquet": (
        "wnid name synset lemmas definition depth_min depth_max n_classes"
    ),
    "hierarchy/edges.parquet": "child parent relation",
    "hierarchy/candidates.parquet": "wnid candidate name steps",
    "search/counts.parquet": "name source query count retrieved_at",
    "survey/votes.parquet": "voter wnid label label_wnid kind cast_at",
    "survey/consensus.parquet": "wnid label label_wnid support voters method tie",
    "labels/cil.parquet": "index wnid name label label_index label_wnid",
    "labels/summary.csv": (
        "labelset strategy labels merged_classes groups largest_label largest_size"
    ),
    "labels/agreement.csv": "labelset reference ari v_measure homogeneity completeness same_name",
    "labels/audit.csv": "labelset label finding classes detail",
    "evaluation/metrics.csv": "run seed labels method top1 top5 ece severity images",
    "evaluation/per_label.csv": "run seed label images top1 top5 most_confused_with",
}
FIGURES = ("mapping", "depths", "search_counts", "survey", "curves")
PAPER_TABLES = ("table1", "table2", "labelsets", "baselines")


def read(path: Path) -> pandas.DataFrame:
    return pandas.read_parquet(path) if path.suffix == ".parquet" else pandas.read_csv(path)


@pytest.fixture(scope="session")
def results(finished) -> Path:
    return finished.path("results/default")


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_its_columns_and_is_sorted(results, name):
    table = read(results / name)

    expected = TABLES[name].split()  # others may stand among them
    assert [column for column in table.columns if column in expected] == expected
    first = table[table.columns[0]]
    assert len(table) > 0
    assert first.is_monotonic_increasing


@pytest.mark.parametrize("name", SETS)
def test_the_label_sets_of_the_package_are_those_that_the_pipeline_makes(results, name):
    """After a change on purpose: uv run python docs/bundle.py."""
    assert bundled(name) == shown(results / "labels" / SETS[name])


@pytest.mark.parametrize("file", GROUND)
def test_what_label_sets_are_made_of_is_in_the_package_as_the_pipeline_makes_it(results, file):
    """Cosines but for the last digit, which other processors may round otherwise."""
    made, kept = pandas.read_parquet(results / file), pandas.read_parquet(IMAGENET_1K / file)
    pandas.testing.assert_frame_equal(made, kept, rtol=0, atol=2e-4)


def test_every_class_has_one_label_and_the_label_file_agrees(results):
    classes = read(results / "hierarchy/classes.parquet")
    for path in sorted((results / "labels").glob("*.parquet")):
        table = read(path)
        drop_in = json.loads(path.with_suffix(".json").read_text())
        assert table["wnid"].tolist() == classes["wnid"].tolist()
        assert drop_in == dict(zip(table["wnid"], table["label"], strict=True))


def test_the_pictures_are_whole_and_said_to_be_synthetic(results):
    meta = json.loads((results / "images/meta.json").read_text())
    for split in ("train", "val"):
        pictures = np.load(results / f"images/{split}.npy", mmap_mode="r")
        classes = np.load(results / f"images/{split}_classes.npy")
        assert pictures.dtype == np.uint8
        assert pictures.shape[1:] == (8, 8, 3)
        assert len(pictures) == len(classes)
        assert set(classes) == set(range(1000))
    assert meta["synthetic"] is True


def test_training_beats_chance_by_far_and_merging_helps(results):
    metrics = read(results / "evaluation/metrics.csv")
    direct = metrics[metrics["method"] == "direct"].groupby("run")["top1"].mean()

    assert direct["original"] > 10 / 1000
    assert direct["cil"] > direct["original"]


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_there_in_both_forms(results, name):
    assert (results / f"figures/{name}.png").read_bytes().startswith(b"\x89PNG")
    assert (results / f"figures/{name}.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("name", PAPER_TABLES)
def test_tables_are_there_in_all_forms(results, name):
    assert len(read(results / f"tables/{name}.csv")) > 0
    for suffix in ("md", "tex"):
        assert (results / f"tables/{name}.{suffix}").stat().st_size > 0


def test_tables_say_that_the_pictures_are_synthetic(results):
    for name in ("table1", "table2", "baselines"):
        assert "synthetic" in (results / f"tables/{name}.md").read_text().lower()


def test_the_results_folder_explains_itself(results):
    readme = (results / "README.md").read_text()
    for name in (*TABLES, "tables/table1", "figures/curves", "export/classifier.onnx"):
        assert name in readme


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Path:
    """The results of the sample zip at 8×8, with tiny settings."""
    data = os.environ.get("CIL_SAMPLE_DATA", "")
    archive = Path(data) / "tiny-imagenet-200-sample.zip"
    if not data or not archive.is_file():
        pytest.skip("CIL_SAMPLE_DATA names no folder with tiny-imagenet-200-sample.zip")
    if not os.environ.get("CIL_MIRROR"):
        pytest.skip("CIL_MIRROR names no folder of published files")
    project = Project.copy_to(tmp_path_factory.mktemp("tiny"))
    project.run(
        "--configfile",
        "config/tiny-imagenet.yaml",
        "--config",
        f"dataset={{path: {archive}, resolution: 8}}",
        "training={recipe: short, width: 16, epochs: 5, seeds: 1, batch_size: 128}",
        "runs={finetuned: {epochs: 3}}",
    )
    return project.path("results/tiny-imagenet")


def test_real_pictures_are_learnt_well_above_chance(tiny):
    metrics = read(tiny / "evaluation/metrics.csv")
    direct = metrics[metrics["method"] == "direct"].set_index("run")["top1"]

    assert set(direct.index) >= {"original", "cil", "finetuned"}
    assert (direct > 3 / 200).all(), direct


def test_real_pictures_are_not_said_to_be_synthetic(tiny):
    table = (tiny / "tables/table1.md").read_text()
    assert "synthetic" not in table.lower()
    assert "Tiny ImageNet" in table
