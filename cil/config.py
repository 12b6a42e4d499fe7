"""The configuration of an experiment: checked against its schema before any job starts."""

import copy
import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from cil.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "config" / "schema.yaml"

# What each strategy needs to know; the schema lists what it may be given.
STRATEGY_NEEDS = {
    "ancestor": ["levels"],
    "entry-level": ["penalty"],
    "file": ["path"],
    "random": ["like"],
    "tree-cut": ["labels"],
}


def load_schema(path: Path = SCHEMA) -> dict[str, Any]:
    """The JSON Schema of the configuration."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def validated(config: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `config` with every default filled in.

    Raises UserError that lists every fault: its key, the value found, what is allowed, and
    the nearest known key for an unknown one.
    """
    schema = load_schema()
    complete = _with_defaults(copy.deepcopy(dict(config)), schema)
    faults = [
        message
        for error in sorted(Draft202012Validator(schema).iter_errors(complete), key=_place)
        for message in _messages(error)
    ] or list(_broken_references(complete))
    if faults:
        raise UserError(
            "configuration refused:\n"
            + "\n".join(f"  - {fault}" for fault in faults)
            + "\nconfig/schema.yaml describes every key"
        )
    return complete


def _with_defaults(value: Any, schema: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return _unquoted(value, schema.get("type"))
    if not isinstance(value, dict):
        return value
    for key, part in schema.get("properties", {}).items():
        if key not in value and "default" in part:
            value[key] = copy.deepcopy(part["default"])
    known = schema.get("properties", {})
    others = schema.get("additionalProperties") or {}
    return {key: _with_defaults(part, known.get(key, others)) for key, part in value.items()}


def _unquoted(text: str, kind: Any) -> Any:
    """The number or truth value that `text` stands for, where the schema wants one.

    Snakemake passes everything within `--config key='{...}'` as text.
    """
    readers = {"integer": int, "number": float, "boolean": {"true": True, "false": False}.get}
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
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
            yield f"{_join(place, key)}: unknown key; {hint}"
    elif error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        yield from (f"{_join(place, key)}: missing, and it has no default" for key in missing)
    else:
        yield f"{place or 'configuration'}: found {error.instance!r}; {_allowed(error)}"


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _allowed(error: ValidationError) -> str:
    rule, wanted = error.validator, error.validator_value
    match rule:
        case "enum":
            return f"allowed: {', '.join(map(str, wanted))}"
        case "type":
            return f"expected {' or '.join(wanted) if isinstance(wanted, list) else wanted}"
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


def _broken_references(config: Mapping[str, Any]) -> Iterator[str]:
    """Faults between keys, which a schema cannot express."""
    labelsets, runs = config["labelsets"], config.get("runs", {})
    if config["reference"] not in labelsets:
        yield _no_such("reference", config["reference"], "label set", labelsets)
    search = config["search"]
    if search["disambiguate"] == "context" and search["source"] in ("wordfreq", "published"):
        yield (
            f"search.disambiguate: found context, which search.source {search['source']} cannot "
            "be asked for; allowed with it: none, sense-share"
        )
    for name, labelset in labelsets.items():
        strategy = labelset["strategy"]
        for key in STRATEGY_NEEDS.get(strategy, []):
            if key not in labelset:
                yield f"labelsets.{name}.{key}: missing; strategy {strategy} needs it"
        if "like" in labelset and labelset["like"] not in labelsets:
            yield _no_such(f"labelsets.{name}.like", labelset["like"], "label set", labelsets)
        yield from _circle("labelsets", name, labelsets, "like")
    export = config.get("export", {})
    if export.get("run") and export["run"] not in runs:
        yield _no_such("export.run", export["run"], "run", runs)
    seeds = config.get("training", {}).get("seeds", 1)
    if runs and export.get("seed", 0) >= seeds:
        yield f"export.seed: found {export['seed']}; there are seeds 0 to {seeds - 1}"
    for name, run in runs.items():
        if run["labels"] not in labelsets:
            yield _no_such(f"runs.{name}.labels", run["labels"], "label set", labelsets)
        if "finetune" in run and run["finetune"] not in runs:
            yield _no_such(f"runs.{name}.finetune", run["finetune"], "run", runs)
        yield from _circle("runs", name, runs, "finetune")


def _no_such(place: str, found: str, kind: str, known: Mapping[str, Any]) -> str:
    return f"{place}: there is no {kind} {found!r}; there are {', '.join(known)}"


def _circle(room: str, name: str, entries: Mapping[str, Any], key: str) -> Iterator[str]:
    """A fault if following `key` from `name` comes back to `name`."""
    chain = [name]
    while (following := entries.get(chain[-1], {}).get(key)) is not None:
        chain.append(following)
        if following == name:
            yield f"{room}.{name}.{key}: goes round in a circle: {' → '.join(chain)}"
        if following in chain[:-1]:
            return
