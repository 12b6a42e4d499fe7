"""A page to explore and edit label sets in: the hierarchy, the labels, findings, pictures.

It is one file, which needs no server and no network. What it hands out is a file of edits, as
`cil.labels.edits_file` reads it, and the finished label file.
"""

import base64
import io
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any

from PIL import Image, ImageOps

from cil.hierarchy import Hierarchy
from cil.labels.display import display_name
from cil.labels.findings import Finding
from cil.labels.labelset import LabelSet

SIDE = 32  # pixels of a picture


def explorer_page(
    title: str,
    labelsets: Mapping[str, LabelSet],
    findings: Mapping[str, Iterable[Finding]],
    pictures: Sequence[bytes] = (),
    note: str = "",
) -> str:
    """The page, as HTML.

    Args:
        title: of the page.
        labelsets: by name, all of one hierarchy; the first is shown first.
        findings: of the audit, by label set.
        pictures: the content of a picture file of each class, in class order; none are shown if
            there are none.
        note: what a reader has to know of pictures and votes.
    """
    hierarchy = next(iter(labelsets.values())).hierarchy
    number = {wnid: index for index, wnid in enumerate(hierarchy.topological_order)}
    data = {
        "synsets": _synsets(hierarchy, number),
        "classes": [number[wnid] for wnid in hierarchy.classes],
        "shown": [display_name(wnid, hierarchy.name(wnid)) for wnid in hierarchy.classes],
        "sets": [
            _labelset(name, labelset, number, findings.get(name, ()))
            for name, labelset in labelsets.items()
        ],
        "sprite": _sprite(pictures) if pictures else None,
    }
    parts = {
        "title": escape(title),
        "note": escape(note),
        "data": json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
        "script": _file("explorer.js"),
    }
    # At once: what is put in may hold such marks itself.
    return re.sub(r"{{(\w+)}}", lambda mark: parts[mark[1]], _file("explorer.html"))


def _file(name: str) -> str:
    return files("cil.report").joinpath(name).read_text(encoding="utf-8")


def _synsets(hierarchy: Hierarchy, number: Mapping[str, int]) -> list[list[Any]]:
    return [
        [
            wnid,
            hierarchy.name(wnid),
            hierarchy.synsets[wnid].definition,
            [number[parent] for parent in hierarchy.parents(wnid)],
        ]
        for wnid in number
    ]


def _labelset(
    name: str, labelset: LabelSet, number: Mapping[str, int], findings: Iterable[Finding]
) -> dict[str, Any]:
    index = labelset.hierarchy.index
    return {
        "name": name,
        "labels": [
            [shown, number[label.wnid]] if label.wnid else [shown]
            for shown, label in zip(labelset.display, labelset.labels, strict=True)
        ],
        "of": labelset.label_index.tolist(),
        "findings": [
            [
                each.finding,
                [index[wnid] for wnid in each.classes if wnid in index],
                each.detail,
                each.suggestion,
            ]
            for each in findings
        ],
    }


def _sprite(pictures: Sequence[bytes]) -> dict[str, Any]:
    """All pictures in one, row by row."""
    columns = math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    sprite = Image.new("RGB", (columns * SIDE, rows * SIDE), "white")
    for place, content in enumerate(pictures):
        with Image.open(io.BytesIO(content)) as picture:
            tile = ImageOps.fit(picture.convert("RGB"), (SIDE, SIDE))
        sprite.paste(tile, (place % columns * SIDE, place // columns * SIDE))
    written = io.BytesIO()
    sprite.save(written, "JPEG", quality=80)
    url = "data:image/jpeg;base64," + base64.b64encode(written.getvalue()).decode("ascii")
    return {"url": url, "side": SIDE, "columns": columns}
