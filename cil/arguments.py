"""Command lines of which nothing is lost: an option that is given twice is refused."""

import argparse
from collections.abc import Iterable
from typing import Any

from cil.errors import UserError


class Parser(argparse.ArgumentParser):
    """A parser of arguments that refuses an option which is given twice.

    argparse takes the last one and says nothing. Options that may be repeated have the action
    "append" or "extend".
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in (None, "store"):
            self.register("action", name, _Once)


class _Once(argparse.Action):
    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        given: frozenset[str] = getattr(namespace, "_given", frozenset())
        if option_string and self.dest in given:
            parser.error(f"argument {option_string}: is given twice; keep one")
        namespace._given = given | {self.dest}
        setattr(namespace, self.dest, values)


def refuse_unused(arguments: argparse.Namespace, names: Iterable[str], why: str) -> None:
    """Raise UserError if one of the options `names`, which are None if not given, is given."""
    for name in names:
        if getattr(arguments, name) is not None:
            raise UserError(f"--{name.replace('_', '-')}: {why}; leave it out")
