"""Edits in a file of YAML: the keys that strategy `edited` has in the configuration."""

from pathlib import Path
from typing import Any

import yaml

from cil.configuration.config import faults_of
from cil.errors import UserError
from cil.files import read_text
from cil.labels.strategies.edited import STRATEGY


def read_edits(path: Path) -> dict[str, Any]:
    """The edits in a file by kind, `drop` among them.

    Raises UserError if there is no such file, it is no YAML, or an edit is none that there is.
    """
    try:
        edits = yaml.safe_load(read_text(path)) or {}
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(edits, dict):
        raise UserError(
            f"{path}: found {type(edits).__name__}; expected edits by kind, split: [bird]"
        )
    properties = {key: each.schema for key, each in STRATEGY.keys.items() if key != "base"}
    schema = {"type": "object", "additionalProperties": False, "properties": properties}
    if faults := faults_of(edits, schema):
        raise UserError(f"{path}: refused:\n" + "\n".join(f"  - {fault}" for fault in faults))
    return edits
