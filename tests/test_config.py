"""A configuration is completed with defaults, or refused with all that is wrong in it."""

import pytest
import yaml
from snakemake.utils import update_config

from cil.config import ROOT, load_schema, validated
from cil.errors import UserError

CONFIGS = sorted((ROOT / "config").glob("*.yaml"))


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
        )
    )

    assert complete["dataset"]["resolution"] == 16
    assert complete["training"]["flip"] is False
    assert "learning_rate: found 'fast'" in refusal(minimal(training={"learning_rate": "fast"}))


def test_an_unknown_key_is_refused_with_the_nearest_known_one():
    assert "datset: unknown key; did you mean dataset?" in refusal(minimal(datset={}))
    message = refusal(minimal(dataset={"kind": "synthetic", "resolutoin": 8}))
    assert "dataset.resolutoin: unknown key; did you mean resolution?" in message


def test_every_fault_is_named_at_once_with_value_and_allowed_values():
    message = refusal(minimal(dataset={"kind": "cifar", "resolution": 2}, experiment="../up"))

    assert "dataset.kind: found 'cifar'; allowed: synthetic, tiny-imagenet" in message
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
    default = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    overlay = yaml.safe_load(path.read_text(encoding="utf-8"))

    update_config(default, overlay)

    assert validated(default)["experiment"] == overlay["experiment"]
