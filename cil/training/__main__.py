"""Train one network from a checkout, without the workflow.

    python -m cil.training IMAGES --labels labels.json --out model --set epochs=40 width=32

Stopped by SIGTERM, SIGINT or SIGUSR1 it ends with status 75; the same command goes on.
On several GPUs: --processes. On several machines: torchrun … -m cil.training IMAGES …
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cil.arguments import Parser
from cil.errors import UserError
from cil.logs import configure_logging
from cil.training.devices.launch import Job, train
from cil.training.devices.machine import COMPILE, PLACES, Machine
from cil.training.recipe import Recipe


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; raises UserError for a mistake in it."""
    given = _parser().parse_args(arguments)
    if not 0 <= given.seed < 2**63:
        raise UserError(f"--seed: found {given.seed}; expected 0 or more, below 2**63")
    train(
        Job(
            given.images,
            given.labels,
            given.out,
            Recipe.from_config(_settings(given.set), finetune=given.parent is not None),
            Machine(
                device=given.device,
                threads=given.threads,
                loader_threads=given.loader_threads,
                place=given.place,
                processes=given.processes,
                compile=given.compile,
                graph=given.graph,
            ),
            given.seed,
            given.parent,
        )
    )


def _settings(texts: Sequence[str]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for key, value in map(_setting, texts):
        if key in settings:
            raise UserError(f"--set {key}: found {settings[key]!r} and {value!r}; keep one of them")
        settings[key] = value
    return settings


def _setting(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UserError(f"--set {text}: expected key=value, such as epochs=40")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m cil.training", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("images", type=Path, help="image store: train.npy, val.npy, …, meta.json")
    parser.add_argument("--labels", type=Path, help="label file {wnid: label}; none: the classes")
    parser.add_argument("--out", type=Path, required=True, help="folder for the model")
    parser.add_argument("--parent", type=Path, help="model.safetensors to finetune")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--set",
        nargs="*",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help="recipe, as in `training`; may be repeated",
    )
    machine = Machine()
    parser.add_argument("--device", default=machine.device)
    parser.add_argument("--threads", type=int, default=machine.threads)
    parser.add_argument("--loader-threads", type=int, default=machine.loader_threads)
    parser.add_argument("--place", default=machine.place, choices=PLACES)
    parser.add_argument("--processes", type=int, default=machine.processes)
    parser.add_argument("--compile", default=machine.compile, choices=COMPILE)
    parser.add_argument("--graph", action=argparse.BooleanOptionalAction, default=machine.graph)
    return parser


if __name__ == "__main__":
    configure_logging()
    main()
