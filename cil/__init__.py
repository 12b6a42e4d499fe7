"""Clustered ImageNet Labels: make, test and use production-friendly label sets for ImageNet.

The library is in `cil.library`; its names are loaded when they are asked for.
"""

from typing import Any

_LIBRARY = ("Labels", "cut", "load_labelset", "score")


def __getattr__(name: str) -> Any:
    if name in _LIBRARY:
        import cil.library

        return getattr(cil.library, name)
    raise AttributeError(f"module 'cil' has no attribute {name!r}")
