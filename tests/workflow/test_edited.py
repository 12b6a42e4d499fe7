"""A label set for a domain of one's own, edited in the configuration."""

import json

import pandas
import pytest
import yaml
from project import Project

pytestmark = pytest.mark.slow

CONFIG = {
    "experiment": "mine",
    "labelsets": {
        "dogs": {
            "strategy": "edited",
            "base": "original",
            "drop": ["sea lion", "shark"],
            "merge": {"puppy": ["Chihuahua", "n02085782"]},
            "rename": {"accordion": "squeeze box"},
        }
    },
}


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    project = Project.copy_to(tmp_path_factory.mktemp("edited"))
    project.path("mine.yaml").write_text(yaml.safe_dump(CONFIG))
    config = ["--configfile", "tests/small/config.yaml", "mine.yaml"]
    made = [f"results/mine/{name}" for name in ("labels/dogs.json", "images/meta.json")]
    project.run(*config, "--", *made)
    return project.path("results/mine")


def test_what_is_dropped_reaches_pictures_and_label_sets(mine):
    wnids = (mine / "hierarchy/wnids.txt").read_text().split()
    assert len(wnids) == 24 - 4  # three sharks are there, and one sea lion
    assert json.loads((mine / "images/meta.json").read_text())["classes"] == wnids
    assert list(json.loads((mine / "labels/dogs.json").read_text())) == wnids


def test_the_other_edits_are_in_the_label_set_and_in_the_log(mine):
    table = pandas.read_parquet(mine / "labels/dogs.parquet").set_index("name")
    assert table.loc[["Chihuahua", "Japanese spaniel"], "label"].tolist() == ["puppy", "puppy"]
    assert table.loc["accordion", ["label", "label_wnid"]].tolist() == ["squeeze box", "n02672831"]
    log = (mine / "logs/labelset/dogs.log").read_text()
    assert "rename accordion to squeeze box: accordion 1 → squeeze box 1" in log
