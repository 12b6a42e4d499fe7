"""The parts of the configuration's schema that strategies and their like declare themselves."""

from collections.abc import Iterator
from typing import Any

from cil.configuration.keys import Parameter, section
from cil.images.prepare import KINDS
from cil.labels.make import STRATEGIES
from cil.search.by_name import SOURCES
from cil.votes.consensus import METHODS


def labelset_keys() -> dict[str, Any]:
    """The properties of an entry of `labelsets`: its strategy, and the keys of all strategies.

    Raises TypeError if two strategies mean different things by one key.
    """
    keys = {"strategy": {"description": _listed(STRATEGIES), "enum": list(STRATEGIES)}}
    told: dict[str, list[str]] = {}
    for name, key, parameter in _keys_of_strategies():
        told.setdefault(key, []).append(parameter.described(f"{name}: "))
        known = keys.setdefault(key, parameter.schema)
        if known != parameter.schema:
            raise TypeError(
                f"strategy {name}: its key {key} is {parameter.schema}, and another's {known}"
            )
    return {key: {"description": " ".join(told.get(key, ())), **keys[key]} for key in keys}


def dataset_keys() -> dict[str, Any]:
    """The properties of `dataset` that name its kind, and the section of each that has keys."""
    return {
        "kind": {"description": _listed(KINDS), "enum": list(KINDS)},
        **{name: section(each.keys) for name, each in KINDS.items() if each.keys},
    }


def survey_keys() -> dict[str, Any]:
    """The property of `survey` that names a method."""
    described = f"How votes become labels: {_listed(METHODS)}"
    return {"method": {"description": described, "enum": list(METHODS), "default": "majority"}}


def study_keys() -> dict[str, Any]:
    """The property of `survey.study` that names methods."""
    default = ["majority", "hierarchical", "dawid-skene", "mace"]
    return {
        "methods": {
            "description": "Methods to try.",
            "type": "array",
            "items": {"enum": list(METHODS)},
            "minItems": 1,
            "default": default,
        }
    }


def search_keys() -> dict[str, Any]:
    """The properties of `search` that name a source, and the section of each that has keys."""
    costs = {"offline": "Offline", "free": "Free services", "paid": "Paid"}
    groups = [
        (words, {name: each for name, each in SOURCES.items() if each.costs == cost})
        for cost, words in costs.items()
    ]
    described = " ".join(f"{words} - {_listed(group, ', ')}" for words, group in groups if group)
    names = [name for _, group in groups for name in group]
    return {
        "source": {"description": described, "enum": names, "default": "wordfreq"},
        "compare": {
            "description": "Further sources to set beside this one in tables/search_counts.csv.",
            "type": "array",
            "items": {"enum": names},
            "uniqueItems": True,
            "default": [],
        },
        **{name: section(each.keys) for name, each in SOURCES.items() if each.keys},
    }


def _listed(things: Any, between: str = " - ") -> str:
    return "; ".join(f"{name}{between}{each.summary}" for name, each in things.items()) + "."


def _keys_of_strategies() -> Iterator[tuple[str, str, Parameter]]:
    for name, strategy in STRATEGIES.items():
        for key, parameter in strategy.keys.items():
            yield name, key, parameter
