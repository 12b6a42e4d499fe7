"""Train one network from a checkout, without the workflow.

    python -m cil.training IMAGES --labels labels.json --out model --set epochs=40 width=32

Stopped by SIGTERM, SIGINT or SIGUSR1 it ends with status 75; the same command goes on.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cil.errors import UserError
from cil.images.store import ImageStore
from cil.logs import configure_logging
from cil.training.data import Labelling, Split
from cil.training.loop import Trainer
from cil.training.machine import Machine
from cil.training.recipe import Recipe


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; raises UserError for a mistake in it."""
    given = _parser().parse_args(arguments)
    store = ImageStore.open(given.images)
    if given.labels:
        labelling = Labelling.read(given.labels, store.classes)
    else:
        labelling = Labelling(np.arange(len(store.classes)), tuple(store.classes))
    Trainer(
        Recipe.from_config(dict(map(_setting, given.set)), finetune=given.parent is not None),
        *Split.pair(store),
        labelling,
        given.out,
        seed=given.seed,
        machine=Machine(
            given.device, given.threads, given.loader_threads, given.place, given.compile
        ),
        parent=given.parent,
    ).run()


def _setting(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UserError(f"--set {text}: expected key=value, such as epochs=40")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cil.training", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("images", type=Path, help="image store: train.npy, val.npy, …, meta.json")
    parser.add_argument("--labels", type=Path, help="label file {wnid: label}; none: the classes")
    parser.add_argument("--out", type=Path, required=True, help="folder for the model")
    parser.add_argument("--parent", type=Path, help="model.safetensors to finetune")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="KEY=VALUE", help="recipe, as in `training`"
    )
    machine = Machine()
    parser.add_argument("--device", default=machine.device)
    parser.add_argument("--threads", type=int, default=machine.threads)
    parser.add_argument("--loader-threads", type=int, default=machine.loader_threads)
    parser.add_argument("--place", default=machine.place)
    parser.add_argument("--compile", default=machine.compile)
    return parser


if __name__ == "__main__":
    configure_logging()
    main()
