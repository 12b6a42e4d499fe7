"""Clustered ImageNet Labels: make, test and use production-friendly label sets for ImageNet.

The library is in `cil.library`; its names are loaded when they are asked for.
"""

from importlib import import_module
from typing import Any

_LIBRARY = {
    "Labels": "cil.library.labels",
    "cut": "cil.library.loading",
    "load_labelset": "cil.library.loading",
    "score": "cil.library.scoring",
}


def __getattr__(name: str) -> Any:
    if name in _LIBRARY:
        return getattr(import_module(_LIBRARY[name]), name)
    raise AttributeError(f"module 'cil' has no attribute {name!r}")
