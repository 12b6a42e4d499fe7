"""The parts of the configuration's schema that strategies and their like declare themselves."""

from collections.abc import Iterator
from typing import Any

from cil.labels.make import STRATEGIES


def labelset_keys() -> dict[str, Any]:
    """The properties of an entry of `labelsets`: its strategy, and the keys of all strategies.

    Raises TypeError if two strategies mean different things by one key.
    """
    summaries = "; ".join(f"{name} - {each.summary}" for name, each in STRATEGIES.items())
    keys = {"strategy": {"description": f"{summaries}.", "enum": list(STRATEGIES)}}
    told: dict[str, list[str]] = {}
    for name, key, schema in _keys_of_strategies():
        rest = {word: each for word, each in schema.items() if word != "description"}
        told.setdefault(key, []).append(f"{name}: {schema['description']}.")
        known = keys.setdefault(key, rest)
        if known != rest:
            raise TypeError(f"strategy {name}: its key {key} is {rest}, and another's {known}")
    return {key: {"description": " ".join(told.get(key, ())), **keys[key]} for key in keys}


def _keys_of_strategies() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, strategy in STRATEGIES.items():
        for key, parameter in strategy.keys.items():
            yield name, key, parameter.schema
