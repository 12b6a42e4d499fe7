"""A configuration is completed with defaults, or refused with all that is wrong in it."""

from copy import deepcopy

import pytest
import yaml
from snakemake.utils import update_config

from cil.configuration.config import ROOT, SCHEMA, check_files, load_schema, validated
from cil.configuration.faults import recipe_keys
from cil.errors import UserError
from cil.training.recipe import Recipe
from docs.schema import updated

CONFIGS = sorted((ROOT / "config").glob("*.yaml"))


BASE = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))


def over(*overlays):
    """The default experiment with `overlays` over it, as Snakemake lays them."""
    config = deepcopy(BASE)
    for overlay in overlays:
        update_config(config, deepcopy(overlay))
    return validated(config, BASE, *overlays)


def minimal(**changes):
    return {
        "experiment": "test",
        "dataset": {"kind": "synthetic"},
        "labelsets": {"original": {"strategy": "original"}},
    } | changes


def refusal(config) -> str:
    with pytest.raises(UserError) as refused:
        validated(config)
    return str(refused.value)


def test_defaults_are_filled_in_and_the_input_is_left_alone():
    given = minimal()

    complete = validated(given)

    assert complete["dataset"]["resolution"] == 32
    assert complete["sources"] == {"mirror": ""}
    assert given == minimal()


def test_numbers_that_snakemake_passes_as_text_are_read():
    complete = validated(
        minimal(
            dataset={"kind": "synthetic", "resolution": "16"},
            training={"learning_rate": "5e-2", "flip": "false"},
            survey={"study": {"voters": ["1", "3"]}},
        )
    )

    assert complete["dataset"]["resolution"] == 16
    assert complete["training"]["flip"] is False
    assert complete["survey"]["study"]["voters"] == [1, 3]
    assert "learning_rate: found 'fast'" in refusal(minimal(training={"learning_rate": "fast"}))


def test_a_tilde_in_a_path_is_the_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    complete = validated(
        minimal(
            dataset={"kind": "image-folder", "path": "~/pictures", "classes": "~/classes.txt"},
            labelsets={
                "original": {"strategy": "original"},
                "mine": {"strategy": "file", "path": "~/mine.json"},
            },
            survey={"votes": ["~/votes.csv"]},
            sources={"mirror": "~/mirror"},
        )
    )

    assert complete["dataset"]["path"] == "/home/me/pictures"
    assert complete["dataset"]["classes"] == "/home/me/classes.txt"
    assert complete["labelsets"]["mine"]["path"] == "/home/me/mine.json"
    assert complete["survey"]["votes"] == ["/home/me/votes.csv"]
    assert complete["sources"]["mirror"] == "/home/me/mirror"


def test_an_overlay_takes_away_what_it_sets_to_null():
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    update_config(config, {"labelsets": {"one-up": None, "random": None}, "runs": {"cil": None}})

    complete = validated(config)

    names = ("original", "two-up", "search-count", "entry-level", "tree-cut", "voted", "cil")
    assert tuple(complete["labelsets"]) == names
    assert tuple(complete["runs"]) == ("original", "finetuned")
    update_config(config, {"labelsets": {"cil": None}})
    assert "reference: there is no label set 'cil'" in refusal(config)
    assert "labelsets: found {}" in refusal(minimal(labelsets={"original": None}))


def test_nothing_is_taken_away_that_is_not_there():
    middle = {"labelsets": {"mine": {"strategy": "original"}}}

    assert "mine" not in over(middle, {"labelsets": {"mine": None}})["labelsets"]
    with pytest.raises(UserError) as refused:
        over({"labelsets": {"oneup": None}, "runs": {"orginal": "null"}})
    assert "labelsets.oneup: found null, but there is no oneup to take away" in str(refused.value)
    assert "did you mean one-up?" in str(refused.value)
    assert "runs.orginal: found null" in str(refused.value)


def test_another_strategy_does_not_inherit_keys_that_only_the_one_below_knows():
    assert BASE["labelsets"]["cil"].keys() == {"strategy", "labels"}

    def cil(entry):
        return over({"labelsets": {"cil": entry}})["labelsets"]["cil"]

    assert cil({"strategy": "survey"}) == {"strategy": "survey"}
    assert cil({"strategy": "tree-cut"}) == {"strategy": "tree-cut", "labels": 488}
    assert cil({"labels": 100}) == {"strategy": "people", "labels": 100}
    with pytest.raises(UserError, match=r"labelsets\.cil\.labels: no key of strategy survey"):
        cil({"strategy": "survey", "labels": 100})


def test_an_unknown_key_is_refused_with_the_nearest_known_one():
    assert "datset: unknown key; did you mean dataset?" in refusal(minimal(datset={}))
    message = refusal(minimal(dataset={"kind": "synthetic", "resolutoin": 8}))
    assert "dataset.resolutoin: unknown key; did you mean resolution?" in message


def test_every_fault_is_named_at_once_with_value_and_allowed_values():
    message = refusal(minimal(dataset={"kind": "cifar", "resolution": 2}, experiment="../up"))

    assert "dataset.kind: found 'cifar'; allowed: image-folder, imagenet32" in message
    assert "dataset.resolution: found 2; allowed: 4 to 512" in message
    assert "experiment: found '../up'" in message


@pytest.mark.parametrize("config", [{}, {"experiment": None}, minimal(dataset=None)])
def test_missing_and_empty_sections_are_named(config):
    assert "dataset" in refusal(config)


def test_references_between_keys_are_checked():
    labelsets = {
        "original": {"strategy": "original"},
        "up": {"strategy": "ancestor"},
        "a": {"strategy": "random", "like": "b"},
        "b": {"strategy": "random", "like": "a"},
    }
    message = refusal(minimal(labelsets=labelsets, reference="cli"))

    assert "reference: there is no label set 'cli'; there are original, up, a, b" in message
    assert "labelsets.up.levels: missing; strategy ancestor needs it" in message
    assert "labelsets.a.like: goes round in a circle: a → b → a" in message


def test_a_key_of_another_strategy_is_refused():
    labelsets = {
        "original": {"strategy": "original", "levels": 2},
        "entry": {"strategy": "entry-level", "penalty": 0.35, "barred": ["authors"]},
    }
    message = refusal(minimal(labelsets=labelsets))

    assert "labelsets.original.levels: no key of strategy original, whose keys are: none" in message
    assert "labelsets.entry.barred: no key of strategy entry-level, whose keys are: penalty" in (
        message
    )


def test_the_schema_in_the_file_is_the_one_that_validation_goes_by():
    text = SCHEMA.read_text(encoding="utf-8")

    assert updated(text) == text, "uv run python docs/schema.py brings it up to date"
    assert yaml.safe_load(text) == load_schema()


@pytest.mark.parametrize("room", ["labelsets", "runs"])
def test_a_name_that_is_no_text_is_refused(room):
    message = refusal(minimal(**{room: {2021: {"strategy": "original"}}}, reference="cil"))

    assert f"{room}: found 2021; expected text (in quotes, if it looks like a number" in message


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"learning_rate": float("nan")}, "learning_rate: found nan; expected finite number"),
        ({"learning_rate": "nan"}, "learning_rate: found nan; expected finite number"),
        ({"epochs": 2.0}, "epochs: found 2.0; expected integer"),
    ],
)
def test_a_number_that_nothing_can_be_done_with_is_refused(found, expected):
    assert f"training.{expected}" in refusal(minimal(training=found))


@pytest.mark.parametrize("blind", [0, 5])
def test_a_panel_without_anybody_who_looks_is_refused(blind):
    panel = {"familiarity": 0, "detail": 0, "undecided": 0, "random": blind}
    message = refusal(minimal(survey={"votes": ["votes.csv"], "simulated": panel}))

    assert f"survey.simulated: found no voters but {blind} random ones; expected at" in message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"training": {"warmup_epochs": 4, "epochs": 3}}, "runs.one: training keys freeze_epochs"),
        ({"runs": {"one": {"labels": "original", "width": 8}}}, "runs.two.width: found 64; expect"),
        ({"dataset": {"kind": "image-folder"}}, "dataset.path: missing; dataset.kind image-folder"),
        (
            {"dataset": {"path": "my/pictures"}},
            "dataset.path: found my/pictures, but dataset.kind s",
        ),
        ({"search": {"endpoint": "http://x"}}, "search.endpoint: found http://x, but search.sourc"),
        ({"search": {"source": "mediawiki"}}, "search.mediawiki.user_agent: missing;"),
    ],
)
def test_what_would_stop_a_later_step_is_refused_at_once(changes, message):
    runs = {"one": {"labels": "original"}, "two": {"labels": "original", "finetune": "one"}}
    config = minimal(runs=runs)
    update_config(config, changes)

    assert message in refusal(config)


@pytest.mark.parametrize("name", ["imagenet32", "tiny-imagenet"])
def test_the_papers_experiments_train_by_its_recipe(name):
    config = over(yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text()))

    for run in ("original", "cil", "finetuned"):
        recipe = Recipe.from_config(recipe_keys(config, run), finetune=run == "finetuned")
        assert recipe == Recipe.from_config({}, finetune=run == "finetuned"), run


def test_votes_and_label_files_that_are_not_there_are_named(tmp_path):
    (tmp_path / "there.csv").touch()
    votes = [str(tmp_path / "there.csv"), "my-votes.csv"]
    labelsets = {"original": {"strategy": "original"}, "mine": {"strategy": "file", "path": "."}}

    with pytest.raises(UserError) as refused:
        check_files(validated(minimal(survey={"votes": votes}, labelsets=labelsets)))

    assert "survey.votes.1: there is no file my-votes.csv" in str(refused.value)
    assert "labelsets.mine.path: there is no file ." in str(refused.value)
    assert "there.csv" not in str(refused.value)


def test_every_key_of_the_schema_is_described():
    def undescribed(schema, place=""):
        for key, part in schema.get("properties", {}).items():
            if "description" not in part:
                yield f"{place}{key}"
            yield from undescribed(part, f"{place}{key}.")
            if isinstance(part.get("additionalProperties"), dict):
                yield from undescribed(part["additionalProperties"], f"{place}{key}.*.")

    assert list(undescribed(load_schema())) == []


@pytest.mark.parametrize(
    "path", [p for p in CONFIGS if p.name != "schema.yaml"], ids=lambda p: p.stem
)
def test_the_configurations_of_the_project_are_valid(path):
    overlay = yaml.safe_load(path.read_text(encoding="utf-8"))

    assert over(overlay)["experiment"] == overlay["experiment"]
