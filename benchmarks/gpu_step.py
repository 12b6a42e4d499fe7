"""What each part of a training step on a GPU brings.

    python -m benchmarks.gpu_step [WAY …] [--steps 300] [--limit 100]

Needs torch, torchvision, numpy, tqdm, safetensors, a GPU and a checkout. Each way to take the same
steps (the paper's recipe on generated pictures at 32×32) runs in a process of its own, one after
the other; its line is written when it is known, and what takes longer than --limit seconds, as
compiling can, is given up. Compiled kernels are kept: a second run starts sooner.
"""

import argparse
import contextlib
import hashlib
import statistics
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple
from unittest.mock import patch

import numpy as np
import torch

from cil.training.data import Labelling, Split
from cil.training.devices import beside
from cil.training.devices.machine import Machine
from cil.training.loop import Trainer
from cil.training.recipe import Recipe

LABELS = 1000


class Way(NamedTuple):
    """A way to take a step.

    `apart`: weight gradients beside the rest, in a graph. `norms`: fused with their ReLUs.
    """

    compile: str = "default"
    graph: bool = True
    apart: bool = True
    norms: bool = False


WAYS = {
    "default": Way(),
    "fused norms": Way(norms=True),
    "gradients in turn": Way(apart=False),
    "no graph": Way(graph=False),
    "not compiled": Way(compile="off"),
    "not compiled, in turn": Way(compile="off", apart=False),
    "plain": Way(compile="off", graph=False),
    "max-autotune": Way(compile="max-autotune", norms=True),
}


def main() -> None:
    """Measure every way, or in a process of its own the one that is asked for."""
    arguments = _arguments()
    if arguments.alone:
        sys.stdout.write(measure(WAYS[arguments.ways[0]], arguments))
        return
    sys.stdout.write(
        f"{torch.cuda.get_device_name() if torch.cuda.is_available() else 'CPU'}, torch "
        f"{torch.__version__}, {arguments.steps} steps of 256 pictures, medians of 3\n\n"
        "| way | pictures/s | ms a step | start, s | GiB | beside, the same weights |\n"
        "|---|--:|--:|--:|--:|---|\n"
    )
    for name in arguments.ways:
        sys.stdout.write(f"| {name} | {_in_a_process(name, arguments)} |\n")
        sys.stdout.flush()


def measure(way: Way, arguments: argparse.Namespace) -> str:
    """The cells of one way's line."""
    if not way.apart:
        beside.compute_beside = lambda _: None
    if way.norms:
        Machine.fuses_norms = True
    began = time.perf_counter()
    trainer = _trainer(way, arguments)
    epochs = iter(range(10**6))
    _epoch(trainer, next(epochs))
    started = time.perf_counter() - began
    each = statistics.median(_epoch(trainer, next(epochs)) for _ in range(3)) / trainer.steps
    cuda = trainer.device.type == "cuda"
    gibibytes = torch.cuda.max_memory_allocated() / 2**30 if cuda else 0.0
    same = _same_in_turn(trainer) if way.apart and way.graph else ""
    return (
        f"{trainer.batch / each:,.0f} | {1e3 * each:.2f} | {started:.0f} | {gibibytes:.1f} | {same}"
    )


def _trainer(way: Way, arguments: argparse.Namespace) -> Trainer:
    chance, pictures = np.random.default_rng(0), 256 * arguments.steps
    split = Split(
        chance.integers(0, 256, (pictures, 32, 32, 3), dtype=np.uint8),
        chance.integers(0, LABELS, pictures),
    )
    labelling = Labelling(np.arange(LABELS), tuple(map(str, range(LABELS))))
    where = Machine(arguments.device, compile=way.compile, graph=way.graph)
    recipe = Recipe(width=arguments.width)
    return Trainer(recipe, split, split, labelling, tempfile.mkdtemp(), machine=where)


def _epoch(trainer: Trainer, epoch: int) -> float:
    """Seconds of an epoch's steps."""
    began = time.perf_counter()
    for _, loss in trainer._steps(epoch, 0):
        last = loss
    last.item()  # waits for the device
    return time.perf_counter() - began


def _same_in_turn(trainer: Trainer) -> str:
    """Whether an epoch leaves the same bits where nothing runs beside anything else."""
    network, momenta = trainer.network, trainer.optimiser.state
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    before = {weight: momenta[weight]["momentum_buffer"].clone() for weight in momenta}

    def bits() -> str:
        network.load_state_dict(weights)
        for weight, momentum in before.items():
            momenta[weight]["momentum_buffer"].copy_(momentum)
        _epoch(trainer, 7)
        values = (value.cpu().numpy().tobytes() for value in network.state_dict().values())
        return hashlib.sha256(b"".join(values)).hexdigest()

    found = [bits(), bits()]
    with patch.object(beside, "_beside", lambda *_: contextlib.nullcontext()):
        trainer.step._is_for = None  # a new graph
        found += [bits(), bits()]
    if found[2] != found[3]:
        return "not repeatable in turn"
    return "yes" if len(set(found)) == 1 else "NO"


def _in_a_process(name: str, arguments: argparse.Namespace) -> str:
    command = [sys.executable, "-m", "benchmarks.gpu_step", name, "--alone"]
    for key in ("steps", "device", "width"):
        command += [f"--{key}", str(getattr(arguments, key))]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=arguments.limit, check=False
        )
    except subprocess.TimeoutExpired:
        return f"given up after {arguments.limit} s"
    return done.stdout or f"failed: {done.stderr.strip().splitlines()[-1]}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("ways", nargs="*", metavar="WAY", help=", ".join(WAYS))
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--limit", type=int, default=100, help="seconds for one way")
    parser.add_argument("--alone", action="store_true", help="one way, in this process")
    arguments = parser.parse_args()
    arguments.ways = arguments.ways or list(WAYS)
    if unknown := set(arguments.ways) - WAYS.keys():
        parser.error(f"{', '.join(sorted(unknown))}: known are {', '.join(WAYS)}")
    return arguments


if __name__ == "__main__":
    main()
