"""Things of one kind, each in a file of its own, found by looking into their folder."""

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cil.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


class Registry(Mapping[str, Any]):
    """The things that the modules of a package define, by name, sorted; imported when asked for.

    Args:
        package: such as "cil.labels.strategies"; its module `tree_cut` holds the thing `tree-cut`.
        attribute: the name by which each of these modules defines its own, such as "STRATEGY".

    >>> strategies = Registry("cil.labels.strategies", "STRATEGY")
    >>> "tree-cut" in strategies, strategies.file("tree-cut")
    (True, 'cil/labels/strategies/tree_cut.py')
    """

    def __init__(self, package: str, attribute: str) -> None:
        self.package, self.attribute = package, attribute

    def __iter__(self) -> Iterator[str]:
        folder = ROOT.joinpath(*self.package.split("."))
        modules = sorted(path.stem for path in folder.glob("*.py") if path.stem[0] != "_")
        return iter([stem.replace("_", "-") for stem in modules])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __getitem__(self, name: str) -> Any:
        if name not in list(self):
            raise KeyError(name)
        module = importlib.import_module(f"{self.package}.{name.replace('-', '_')}")
        try:
            return getattr(module, self.attribute)
        except AttributeError:
            raise UserError(f"{self.file(name)}: defines no {self.attribute}") from None

    def file(self, name: str) -> str:
        """The file of a thing, relative to the folder of the project."""
        return f"{self.package.replace('.', '/')}/{name.replace('-', '_')}.py"
