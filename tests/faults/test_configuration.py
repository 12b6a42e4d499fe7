"""Any configuration is refused with a reason before a job starts, or has a plan."""

import copy
import subprocess
import sys
from collections.abc import Iterator

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cil.configuration.config import ROOT, load_schema, validated
from cil.errors import UserError
from cil.labels.make import STRATEGIES

SCHEMA = load_schema()
BASE = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))

# Values of every kind; most keys refuse most of them.
ODD = [
    None,
    True,
    -1,
    0,
    10**9,
    1.5,
    -0.5,
    1e300,
    "",
    "☃",
    "../up",
    "yes",
    [],
    [None],
    {},
    {"a": 1},
]


def leaves(schema=SCHEMA, config=BASE, place=()) -> Iterator[tuple[tuple[str, ...], dict]]:
    """Every key with its schema; of the named entries (label sets, runs) those of BASE."""
    keys = dict(schema.get("properties", {}))
    if isinstance(schema.get("additionalProperties"), dict) and isinstance(config, dict):
        keys |= dict.fromkeys(config, schema["additionalProperties"])
    for key, part in keys.items():
        if part.get("properties") or isinstance(part.get("additionalProperties"), dict):
            below = config.get(key, {}) if isinstance(config, dict) else {}
            yield from leaves(part, below, (*place, key))
        else:
            yield (*place, key), part


LEAVES = dict(leaves())


def with_value(config, place, value):
    """A copy of `config` with `value` at `place`."""
    config = copy.deepcopy(config)
    inner = config
    for key in place[:-1]:
        inner = inner.setdefault(key, {})
    inner[place[-1]] = value
    return config


def valid_values(schema) -> st.SearchStrategy:
    """Values that a key allows."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "const" in schema:
        return st.just(schema["const"])
    low, high = schema.get("minimum"), schema.get("maximum")
    match schema.get("type"):
        case "integer":
            return st.integers(low, high if high is not None else (low or 0) + 10**6)
        case "number":
            open_low = schema.get("exclusiveMinimum")
            return st.floats(
                open_low if low is None else low,
                schema.get("exclusiveMaximum") if high is None else high,
                exclude_min=low is None and open_low is not None,
                exclude_max=high is None and "exclusiveMaximum" in schema,
                allow_nan=False,
                allow_infinity=False,
            )
        case "boolean":
            return st.booleans()
        case "string" if "pattern" in schema:
            return st.from_regex(schema["pattern"], fullmatch=True)
        case _ if "default" in schema:
            return st.just(schema["default"])
        case "string":
            return st.just("some")
        case _:
            return st.nothing()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(LEAVES)), st.sampled_from(ODD))
def test_what_a_key_does_not_allow_is_refused_by_key_value_and_what_is_allowed(place, value):
    assume(not Draft202012Validator(LEAVES[place]).is_valid(value))

    with pytest.raises(UserError) as refused:
        validated(with_value(BASE, place, value))

    fault = next(line for line in str(refused.value).splitlines() if ".".join(place) in line)
    # Of a list the item at fault is named.
    assert any(repr(item) in fault for item in [value, *(value if isinstance(value, list) else ())])
    assert any(word in fault for word in ("allowed:", "expected", "should", "is not", "is too"))


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(LEAVES)), st.text("abcdefgh_", min_size=1, max_size=8))
def test_a_key_that_no_one_knows_is_refused_by_name(place, name):
    wrong = (*place[:-1], f"{name}_{place[-1]}")
    assume(place[0] not in ("labelsets", "runs") or len(place) > 2)

    with pytest.raises(UserError) as refused:
        validated(with_value(BASE, wrong, 1))

    assert f"{'.'.join(wrong)}: unknown key;" in str(refused.value)


def fits(place) -> bool:
    """Whether BASE may have a key: not where it is that of another strategy."""
    if place[0] != "labelsets":
        return True
    return place[2] in STRATEGIES[BASE["labelsets"][place[1]]["strategy"]].keys


@st.composite
def valid_configs(draw):
    """BASE with a value of its own at some dozen keys."""
    config = BASE
    places = st.sampled_from(sorted(filter(fits, LEAVES)))
    for place in draw(st.lists(places, min_size=4, max_size=12)):
        config = with_value(config, place, draw(valid_values(LEAVES[place])))
    return config


def complete(config):
    """The configuration, or None if keys that are valid alone do not go together."""
    try:
        return validated(config)
    except UserError:
        return None


@pytest.mark.slow
@settings(max_examples=5, deadline=None, database=None, derandomize=True)
@given(valid_configs().filter(complete))
def test_every_valid_configuration_has_a_plan(tmp_path_factory, config):
    path = tmp_path_factory.mktemp("config") / "config.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "-n", "--cores", "1", "--configfile", path],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    assert done.returncode == 0, done.stdout[-4000:]
    assert "rule all:" in done.stdout
