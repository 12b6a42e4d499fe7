"""Write into config/schema.yaml what strategies and their like declare of their own keys.

    uv run python docs/schema.py

Validation takes these parts from the code in any case; the file is for people to read, and a test
holds it to the code.
"""

import re
import textwrap
from typing import Any

import yaml

from cil.configuration.config import SCHEMA
from cil.configuration.parts import (
    dataset_keys,
    labelset_keys,
    search_keys,
    study_keys,
    survey_keys,
)

PARTS = {
    "kinds": dataset_keys,
    "strategies": labelset_keys,
    "sources": search_keys,
    "methods": survey_keys,
    "studied": study_keys,
}
WIDTH = 88


class _Writer(yaml.SafeDumper):
    """YAML as people write it: long texts folded, short lists and items within a line."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(writer: yaml.SafeDumper, text: str) -> yaml.Node:
    style = ">" if len(text) > 70 else '"' if ": " in text or not text else None
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _list(writer: yaml.SafeDumper, items: list) -> yaml.Node:
    flow = sum(len(str(item)) + 2 for item in items) < 70
    return writer.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flow)


def _mapping(writer: yaml.SafeDumper, items: dict) -> yaml.Node:
    flow = "description" not in items and set(items) <= {"type", "enum", "minLength", "minimum"}
    return writer.represent_mapping("tag:yaml.org,2002:map", items, flow_style=flow)


_Writer.add_representer(str, _text)
_Writer.add_representer(list, _list)
_Writer.add_representer(dict, _mapping)


def updated(text: str) -> str:
    """The text of config/schema.yaml with its generated parts as the code has them now."""
    for part, keys in PARTS.items():
        pattern = rf"^( *)(# {part}: .*\n)(?:.*\n)*?( *# end of {part}\n)"
        found = re.search(pattern, text, flags=re.MULTILINE)
        if not found:
            raise SystemExit(f"config/schema.yaml: the marks of {part} are not there")
        indent = found[1]
        lines = yaml.dump(
            keys(), Dumper=_Writer, sort_keys=False, allow_unicode=True, width=WIDTH - len(indent)
        )
        written = textwrap.indent(lines, indent)
        text = text[: found.start(2)] + found[2] + written + found[3] + text[found.end() :]
    return text


if __name__ == "__main__":
    SCHEMA.write_text(updated(SCHEMA.read_text(encoding="utf-8")), encoding="utf-8")
