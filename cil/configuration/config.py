"""The configuration of an experiment: checked against its schema before any job starts."""

import copy
import difflib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from cil.configuration.faults import faults_between_keys
from cil.configuration.parts import (
    dataset_keys,
    labelset_keys,
    search_keys,
    study_keys,
    survey_keys,
)
from cil.errors import UserError
from cil.files import path_of
from cil.labels.make import STRATEGIES

ROOT = Path(__file__).resolve().parents[2]
# An installed package holds it itself.
_INSTALLED = Path(__file__).with_name("schema.yaml")
SCHEMA = _INSTALLED if _INSTALLED.exists() else ROOT / "config" / "schema.yaml"

# The schema's types in words, where its own would not do.
TYPES = {
    "string": "text (in quotes, if it looks like a number or a date)",
    "number": "finite number",
    "array": "a list, [a, b]",
    "object": "names with their values, {name: value}",
}
NULLS = (None, "null", "None")  # as a file has it, and as `--config` hands it on


def load_schema() -> dict[str, Any]:
    """The JSON Schema of the configuration, with what strategies and their like declare."""
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    schema["properties"]["labelsets"]["additionalProperties"]["properties"] = labelset_keys()
    schema["properties"]["search"]["properties"] |= search_keys()
    schema["properties"]["dataset"]["properties"] |= dataset_keys()
    survey = schema["properties"]["survey"]["properties"]
    survey |= survey_keys()
    survey["study"]["properties"] |= study_keys()
    return schema


def _is_integer(_: object, value: Any) -> bool:
    """Whether Python can count by it, as it cannot by 2.0, which JSON calls an integer."""
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(_: object, value: Any) -> bool:
    """Whether it is a number that JSON has, too: no infinity, no NaN."""
    return _is_integer(_, value) or (isinstance(value, float) and math.isfinite(value))


_Validator = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _is_integer, "number": _is_number}
    ),
)


def validated(config: Mapping[str, Any], *files: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `config` with every default filled in, and without label sets and runs of null.

    Args:
        config: as Snakemake hands it on, key by key from the last file that gives one.
        files: what these files hold, from the lowest. A label set that is given another strategy
            than in the lowest does not inherit keys that only that one knows.

    Raises UserError that lists every fault: its key, the value found, what is allowed, and
    the nearest known key for an unknown one.
    """
    schema, config = load_schema(), copy.deepcopy(dict(config))
    faults = list(_taken_from_nothing(config, files)) if files else []
    _drop_inherited(config, files[0] if files else {})
    complete = _with_defaults(config, schema)
    faults += faults_of(complete, schema)
    _refuse(faults or faults_between_keys(complete))
    return complete


def faults_of(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """What is wrong in `value` by a JSON Schema: key, value found, what is allowed; a line each."""
    return [
        message
        for error in sorted(_Validator(schema).iter_errors(value), key=_place)
        for message in _messages(error)
    ]


def _taken_from_nothing(
    config: Mapping[str, Any], files: Iterable[Mapping[str, Any]]
) -> Iterator[str]:
    """Label sets and runs that are null though nothing of that name is there to take away."""
    for room in ("labelsets", "runs"):
        entries, given = config.get(room), [file.get(room) or {} for file in files]
        known = {name for each in given for name, entry in each.items() if entry not in NULLS}
        for name, entry in entries.items() if isinstance(entries, Mapping) else ():
            if entry in NULLS and name not in known:
                yield (
                    f"{room}.{name}: found null, but there is no {name} to take away; "
                    f"{_nearest(str(name), known)}"
                )


def _drop_inherited(config: Mapping[str, Any], base: Mapping[str, Any]) -> None:
    entries, known = config.get("labelsets"), base.get("labelsets") or {}
    for name, below in known.items() if isinstance(entries, Mapping) else ():
        entry = config["labelsets"].get(name)
        if not isinstance(entry, dict) or entry.get("strategy") == below["strategy"]:
            continue
        strategy = STRATEGIES.get(entry.get("strategy", ""))
        own = strategy.keys if strategy else ()
        for key in [key for key in below if key != "strategy" and key not in own]:
            if entry.get(key) == below[key]:
                del entry[key]


def check_files(config: Mapping[str, Any]) -> None:
    """Raise UserError unless votes and label files that a valid `config` names are there.

    Snakemake would not miss them where older results lie.
    """
    named = {f"survey.votes.{n}": path for n, path in enumerate(config["survey"]["votes"])}
    for name, entry in config["labelsets"].items():
        keys = STRATEGIES[entry["strategy"]].keys
        files = [key for key in entry if key in keys and keys[key].key.is_file]
        named |= {f"labelsets.{name}.{key}": entry[key] for key in files}
    _refuse(
        f"{key}: there is no file {path}; mend the path, or put the file there"
        for key, path in named.items()
        if not Path(path).is_file()
    )


def _refuse(faults: Iterable[str]) -> None:
    if faults := list(faults):
        raise UserError(
            "configuration refused:\n"
            + "\n".join(f"  - {fault}" for fault in faults)
            + "\nconfig/schema.yaml describes every key"
        )


def _with_defaults(value: Any, schema: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        is_path = schema.get("format") == "path"
        return str(path_of(value)) if is_path and value else _unquoted(value, schema.get("type"))
    if isinstance(value, list):
        return [_with_defaults(part, schema.get("items", {})) for part in value]
    if not isinstance(value, dict):
        return value
    for key, part in schema.get("properties", {}).items():
        if key not in value and "default" in part:
            value[key] = copy.deepcopy(part["default"])
    known = schema.get("properties", {})
    others = schema.get("additionalProperties") or {}
    if others:  # named entries, of which an overlay may take away those of the file below it
        value = {key: part for key, part in value.items() if part not in NULLS}
    return {key: _with_defaults(part, known.get(key, others)) for key, part in value.items()}


def _unquoted(text: str, kind: Any) -> Any:
    """The number or truth value that `text` stands for, where the schema wants one.

    Snakemake passes everything within `--config key='{...}'` as text.
    """
    readers: dict[str, Callable[[str], Any]] = {
        "integer": int,
        "number": float,
        "boolean": {"true": True, "false": False}.get,
    }
    try:
        value = readers[kind](text) if isinstance(kind, str) and kind in readers else None
    except ValueError:
        return text
    return text if value is None else value


def _place(error: ValidationError) -> str:
    return ".".join(map(str, error.absolute_path))


def _messages(error: ValidationError) -> Iterator[str]:
    """What is wrong at one place, a line per fault."""
    place = _place(error)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {})
        for key in sorted(map(str, set(error.instance) - set(known))):
            yield f"{_join(place, key)}: unknown key; {_nearest(key, known)}"
    elif error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        yield from (f"{_join(place, key)}: missing, and it has no default" for key in missing)
    else:
        yield f"{place or 'configuration'}: found {error.instance!r}; {_allowed(error)}"


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known)) or 'none'}"


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _allowed(error: ValidationError) -> str:
    rule, wanted = error.validator, error.validator_value
    match rule:
        case "enum":
            return f"allowed: {', '.join(map(str, wanted))}"
        case "type":
            return f"expected {TYPES.get(wanted, wanted)}"
        case "minimum" | "maximum":
            low, high = error.schema.get("minimum", "-∞"), error.schema.get("maximum", "∞")
            return f"allowed: {low} to {high}"
        case "exclusiveMinimum":
            return f"allowed: more than {wanted}"
        case "exclusiveMaximum":
            return f"allowed: less than {wanted}"
        case "pattern":
            return f"expected a text of the form {wanted}"
        case _:
            return error.message
