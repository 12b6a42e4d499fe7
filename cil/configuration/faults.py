"""Faults between the keys of a configuration, which its schema cannot express."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from cil.configuration.keys import Parameter
from cil.errors import UserError
from cil.images.prepare import KINDS
from cil.labels.make import STRATEGIES
from cil.search.by_name import SOURCES
from cil.training.recipe import Recipe

_RECIPE = {field.name for field in dataclasses.fields(Recipe)}


def faults_between_keys(config: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong in a configuration that its schema accepts, a line per fault."""
    dataset, search = config["dataset"], config["search"]
    kind, source = KINDS[dataset["kind"]], SOURCES[search["source"]]
    if kind.needs_path and not dataset["path"]:
        yield f"dataset.path: missing; dataset.kind {dataset['kind']} needs it"
    if kind.generated and dataset["path"]:
        yield (
            f"dataset.path: found {dataset['path']}, but dataset.kind {dataset['kind']} reads no "
            "pictures; name their kind, or leave the path out"
        )
    for key in source.required:
        if not search[search["source"]][key]:
            yield (
                f"search.{search['source']}.{key}: missing; search.source {search['source']} "
                "needs it"
            )
    if search["endpoint"] and not source.is_service:
        yield (
            f"search.endpoint: found {search['endpoint']}, but search.source {search['source']} "
            "asks no server; leave it out"
        )
    if search["disambiguate"] == "context" and not source.is_service:
        yield (
            f"search.disambiguate: found context, which search.source {search['source']} cannot "
            "be asked for; allowed with it: none, sense-share"
        )
    yield from _faults_of_labelsets(config["labelsets"], config["reference"])
    yield from _faults_of_panel(config["survey"]["simulated"])
    yield from _faults_of_runs(config)


def recipe_keys(config: Mapping[str, Any], run: str) -> dict[str, Any]:
    """The keys of a run's recipe: its own before those of all runs."""
    given = config["training"] | config["runs"][run]
    return {key: value for key, value in given.items() if key in _RECIPE}


def _faults_of_labelsets(labelsets: Mapping[str, Any], reference: str) -> Iterator[str]:
    if reference not in labelsets:
        yield _no_such("reference", reference, "label set", labelsets)
    for name, labelset in labelsets.items():
        strategy = labelset["strategy"]
        keys = STRATEGIES[strategy].keys
        yield from _misfits(f"labelsets.{name}", labelset, strategy, keys)
        for key in keys.keys() & labelset.keys():
            if keys[key].key.entry_of != "labelsets":
                continue
            if labelset[key] not in labelsets:
                yield _no_such(f"labelsets.{name}.{key}", labelset[key], "label set", labelsets)
            yield from _circle(f"labelsets.{name}.{key}", name, _made_from(labelsets))


def _made_from(labelsets: Mapping[str, Any]) -> dict[str, str]:
    """The label set that each of those is made from that are made from one."""
    return {
        name: labelset[key]
        for name, labelset in labelsets.items()
        for key, each in STRATEGIES[labelset["strategy"]].keys.items()
        if each.key.entry_of == "labelsets" and key in labelset
    }


def _misfits(
    place: str, labelset: Mapping[str, Any], strategy: str, keys: Mapping[str, Parameter]
) -> Iterator[str]:
    """Keys that the strategy of a label set lacks, or that are another strategy's."""
    for key, parameter in keys.items():
        if parameter.needed and key not in labelset:
            yield f"{place}.{key}: missing; strategy {strategy} needs it"
    for key in labelset:
        if key != "strategy" and key not in keys:
            yield (
                f"{place}.{key}: no key of strategy {strategy}, whose keys are: "
                f"{', '.join(keys) or 'none'}; take it out"
            )


def _faults_of_panel(panel: Mapping[str, int]) -> Iterator[str]:
    policies = [key for key in panel if key not in ("random", "seed")]
    if not any(panel[key] for key in policies):
        yield (
            f"survey.simulated: found no voters but {panel['random']} random ones; expected at "
            f"least one of {', '.join(policies)}, as survey.study simulates a crowd like this "
            "panel even where survey.votes names real votes"
        )


def _faults_of_runs(config: Mapping[str, Any]) -> Iterator[str]:
    labelsets, runs, export = config["labelsets"], config["runs"], config["export"]
    if export["run"] and export["run"] not in runs:
        yield _no_such("export.run", export["run"], "run", runs)
    seeds = config["training"]["seeds"]
    if runs and export["seed"] >= seeds:
        yield f"export.seed: found {export['seed']}; there are seeds 0 to {seeds - 1}"
    for name, run in runs.items():
        if run["labels"] not in labelsets:
            yield _no_such(f"runs.{name}.labels", run["labels"], "label set", labelsets)
        if "finetune" in run and run["finetune"] not in runs:
            yield _no_such(f"runs.{name}.finetune", run["finetune"], "run", runs)
        parents = {each: run["finetune"] for each, run in runs.items() if "finetune" in run}
        yield from _circle(f"runs.{name}.finetune", name, parents)
    yield from _faults_of_recipes(config)


def _faults_of_recipes(config: Mapping[str, Any]) -> Iterator[str]:
    """Recipes that cannot be, or that make another network than the one they finetune."""
    runs, recipes = config["runs"], {}
    for name, run in runs.items():
        try:
            recipes[name] = Recipe.from_config(recipe_keys(config, name), "finetune" in run)
        except UserError as error:
            yield f"runs.{name}: {error}"
    device = config["training"]["device"]
    for name, recipe in recipes.items():
        if recipe.precision == "tf32" and device in ("cpu", "mps"):
            yield (
                f"runs.{name}: found precision tf32 with training.device {device}; tf32 is "
                "CUDA's: use auto or fp32"
            )
        parent = runs[name].get("finetune")
        for key in ("network", "width"):
            found, expected = getattr(recipe, key), getattr(recipes.get(parent, recipe), key)
            if found != expected:
                yield f"runs.{name}.{key}: found {found}; expected {expected}, as {parent} has it"


def _no_such(place: str, found: str, kind: str, known: Mapping[str, Any]) -> str:
    return f"{place}: there is no {kind} {found!r}; there are {', '.join(known)}"


def _circle(place: str, name: str, parents: Mapping[str, str]) -> Iterator[str]:
    """A fault if going from each entry to its parent comes back to `name`."""
    chain = [name]
    while (following := parents.get(chain[-1])) is not None:
        chain.append(following)
        if following == name:
            yield f"{place}: goes round in a circle: {' → '.join(chain)}"
        if following in chain[:-1]:
            return
