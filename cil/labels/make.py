"""All strategies by name, and the label set that the configuration asks for by one of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cil.configuration.registry import Registry
from cil.hierarchy import Hierarchy
from cil.labels.labelset import LabelSet
from cil.labels.strategy import Strategy

STRATEGIES: Mapping[str, Strategy] = Registry("cil.labels.strategies", "STRATEGY")


def make_labelset(
    hierarchy: Hierarchy, entry: Mapping[str, Any], inputs: Mapping[str, str | Path]
) -> LabelSet:
    """The label set that `entry` asks for, from the files that its strategy reads.

    Args:
        hierarchy: the classes and what lies above them.
        entry: `strategy` and its keys, as in config/schema.yaml.
        inputs: paths by name, as the strategy declares its inputs.
    """
    return STRATEGIES[entry["strategy"]].make(hierarchy, entry, inputs)
