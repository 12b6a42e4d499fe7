"""A strategy, a source of counts and a kind of data set are one file each, no line elsewhere."""

import json
from textwrap import dedent

import pandas
import pytest
from project import Project

pytestmark = pytest.mark.slow

FILES = {
    "cil/labels/strategies/first_letters.py": '''
        """Strategy `first-letters`: classes that begin alike."""

        from typing import Annotated

        from cil.hierarchy import Hierarchy
        from cil.configuration.keys import Key
        from cil.labels.labelset import Label, LabelSet
        from cil.labels.strategy import Strategy


        def first_letters(
            hierarchy: Hierarchy,
            letters: Annotated[int, Key("how many letters count", minimum=1, maximum=3)] = 1,
        ) -> LabelSet:
            """Classes whose names begin with the same letters share a label."""
            return LabelSet(
                hierarchy,
                {wnid: Label(hierarchy.name(wnid)[:letters]) for wnid in hierarchy.classes},
            )


        STRATEGY = Strategy(
            first_letters,
            summary="the first letters of its name",
            card="Classes whose names begin alike share a label.",
        )
    ''',
    "cil/search/sources/lengths.py": '''
        """Counts that are the lengths of names."""

        from dataclasses import dataclass
        from typing import Annotated

        from cil.configuration.keys import Key
        from cil.search.source import Source


        @dataclass(frozen=True)
        class Keys:
            """Keys of the source lengths."""

            factor: Annotated[int, Key("What a letter counts", minimum=1)] = 1


        class Lengths:
            """The length of a name."""

            name, released = "lengths", "2026"

            def __init__(self, factor: int) -> None:
                self.factor = factor

            def count(self, name: str) -> float:
                """Its letters, times the factor."""
                return float(self.factor * len(name))


        SOURCE = Source(
            lambda config, environment, files: Lengths(config["factor"]),
            summary="lengths of names",
            costs="offline",
            unit="Letters",
            keys=Keys,
        )
    ''',
    "cil/images/kinds/grey.py": '''
        """Kind `grey`: every class a grey of its own."""

        from contextlib import contextmanager
        from dataclasses import dataclass
        from typing import Annotated

        import numpy as np

        from cil.images.kind import Kind, about
        from cil.configuration.keys import Key


        @dataclass(frozen=True)
        class Keys:
            """How grey pictures are made, where kind is grey."""

            pictures: Annotated[int, Key("Pictures per class", minimum=1)] = 4


        @contextmanager
        def _open(raw):
            classes = np.repeat(np.arange(len(raw.wnids)), raw.keys["pictures"])
            shape = (len(classes), raw.side, raw.side, 3)
            greys = np.broadcast_to(classes[:, None, None, None], shape).astype(np.uint8)
            splits = {split: iter([(greys, classes)]) for split in ("train", "val")}
            yield splits, about("Grey squares", "generated") | {"synthetic": True}


        KIND = Kind(
            _open, summary="grey squares", in_words="grey squares", keys=Keys, generated=True
        )
    ''',
}
CONFIG = """
    experiment: added
    dataset: {kind: grey, classes: tests/small/classes.txt, resolution: 8, grey: {pictures: 6}}
    search: {source: lengths, lengths: {factor: 10}}
    labelsets:
      letters: {strategy: first-letters, letters: 2}
    survey: {study: {voters: [2], methods: [majority]}}
    training: {precision: fp32, width: 16, epochs: 1, seeds: 1}
    runs:
      cil: {epochs: 1}
      finetuned: {epochs: 1}
      letters: {labels: letters}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    project = Project.copy_to(tmp_path_factory.mktemp("project"))
    for name, text in FILES.items():
        project.path(name).write_text(dedent(text), encoding="utf-8")
    project.path("added.yaml").write_text(dedent(CONFIG), encoding="utf-8")
    return project


def test_their_keys_are_checked_like_any_other(project):
    wrong = "labelsets={letters: {strategy: first-letters, letters: 9, levels: 1}}"
    done = project.snakemake("-n", "--configfile", "added.yaml", "--config", wrong)

    assert done.returncode != 0
    assert "labelsets.letters.letters: found 9; allowed: 1 to 3" in done.stdout

    wrong = "labelsets={letters: {strategy: first-letters, levels: 1}}"
    done = project.snakemake("-n", "--configfile", "added.yaml", "--config", wrong)
    assert "levels: no key of strategy first-letters, whose keys are: letters" in done.stdout


def test_they_run_to_the_last_product(project):
    project.run("--configfile", "added.yaml")

    results = project.path("results/added")
    labels = json.loads((results / "labels/letters.json").read_text())
    assert labels["n02085620"] == "Ch" and len(labels) == 24  # Chihuahua
    card = (results / "labels/letters.md").read_text()
    assert "Classes whose names begin alike share a label. Parameters: letters 2." in card
    counts = pandas.read_parquet(results / "search/counts.parquet").set_index("name")["count"]
    assert counts["dog"] == 30
    meta = json.loads((results / "images/meta.json").read_text())
    assert meta["kind"] == "grey" and meta["description"] == "Grey squares"
    assert "Data set: grey squares." in (results / "tables/labelsets.md").read_text()
    metrics = pandas.read_csv(results / "evaluation/metrics.csv")
    assert "letters" in set(metrics["run"]) and "letters" in set(metrics["labels"])
    assert "letters" in (results / "tables/table1.md").read_text()
    assert (results / "provenance.html").exists()
