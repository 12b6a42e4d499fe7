"""Pictures per second of our training, and of a plain one after the standard recipe.

    python -m benchmarks.training --sides 32 16 --pictures 512 --repeats 3

Needs torch, torchvision, numpy, tqdm, safetensors and a checkout. Ours trains in fp32, and in what
`precision: auto` takes where that is another. The contestants, each in a process of its own, take
turns, an epoch each, and the medians are compared; on a CPU also by processor time, for which other
work on the machine counts little. Validation is left out of all. What is done is said on standard
error. --full measures our trainer alone with the 1,281,167 pictures of ImageNet (generated), as for
a GPU.
"""

import argparse
import functools
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode
from torchvision import transforms
from torchvision.datasets import ImageFolder

from cil.training.augment import MEAN, STD
from cil.training.data import Labelling, Split
from cil.training.devices.device import choose
from cil.training.devices.machine import Machine
from cil.training.devices.precision import HALVES, resolve
from cil.training.loop import Trainer
from cil.training.networks.network import build_network
from cil.training.recipe import Recipe

LABELS = 1000
IMAGENET = 1_281_167


class Reference:
    """The standard recipe: pictures decoded one by one, labels mapped in Python, fp32."""

    def __init__(self, folder: Path, device: torch.device, side: int, width: int) -> None:
        augment = transforms.Compose(
            [
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(MEAN, STD),
            ]
        )
        self.loader = DataLoader(
            ImageFolder(folder, augment),
            256,
            shuffle=True,
            drop_last=True,
            num_workers=max(2, torch.get_num_threads()),
            # As in a script of its own: our process was spawned, and its loaders would be, too,
            # with an import of torch in every epoch.
            multiprocessing_context="fork",
        )
        self.mapping = {name: number for number, name in enumerate(self.loader.dataset.classes)}
        self.device = device
        self.network = build_network(Recipe(width=width), LABELS, side, seed=0).to(device)
        self.optimiser = torch.optim.SGD(
            self.network.parameters(), 0.1, momentum=0.9, weight_decay=1e-4
        )

    def epoch(self) -> int:
        """Train an epoch; how many pictures it took."""
        seen, losses = 0, []
        names = self.loader.dataset.classes
        for pictures, classes in self.loader:
            labels = torch.tensor([self.mapping[names[int(number)]] for number in classes])
            self.optimiser.zero_grad()
            logits = self.network(pictures.to(self.device))
            loss = nn.functional.cross_entropy(logits, labels.to(self.device))
            loss.backward()
            self.optimiser.step()
            losses.append(loss.item())
            seen += len(pictures)
        return seen


def reference(folder: Path, machine: Machine, side: int, width: int) -> Callable[[], int]:
    """An epoch of the plain trainer."""
    if machine.threads:
        torch.set_num_threads(machine.threads)
    return Reference(folder / "pictures", torch.device(machine.device), side, width).epoch


def ours(folder: Path, machine: Machine, precision: str, width: int) -> Callable[[], int]:
    """An epoch of our trainer."""
    split = Split(*(np.load(folder / f"{name}.npy", "r") for name in ("images", "classes")))
    labelling = Labelling(np.arange(LABELS), tuple(map(str, range(LABELS))))
    recipe = Recipe(precision=precision, width=width)
    small = Split(split.images[:1], split.classes[:1])
    trainer = Trainer(recipe, split, small, labelling, folder / precision, machine=machine)
    epochs = iter(range(10**6))

    def epoch() -> int:
        losses = [loss for _, loss in trainer._steps(next(epochs), 0)]
        torch.stack(losses).sum().item()  # waits for the device
        return trainer.steps * trainer.batch

    return epoch


def write_pictures(folder: Path, count: int, side: int) -> None:
    """Generated pictures with their classes: images.npy, classes.npy."""
    chance = np.random.default_rng(0)
    shape = (count, side, side, 3)
    images = np.lib.format.open_memmap(folder / "images.npy", "w+", np.uint8, shape)
    for start in range(0, count, 2**16):
        part = images[start : start + 2**16]
        part[:] = chance.integers(0, 256, part.shape, dtype=np.uint8)
    np.save(folder / "classes.npy", chance.integers(0, LABELS, count))


def write_folder(folder: Path) -> None:
    """The pictures as PNG files in a folder per class, below `pictures`."""
    images, classes = (np.load(folder / f"{name}.npy") for name in ("images", "classes"))
    for number in range(LABELS):
        place = folder / "pictures" / f"{number:04}"
        place.mkdir(parents=True)
        # ImageFolder refuses a class without pictures.
        rows = np.flatnonzero(classes == number) if number in classes else [0]
        for row in rows:
            Image.fromarray(images[row]).save(place / f"{row}.png")


def floor(device: torch.device, dtype: torch.dtype) -> float:
    """FLOP per second of a large matrix product of this type."""
    side = 16_384 if device.type == "cuda" else 2048
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    times = [_seconds(lambda: (a @ b)[0, 0].item()) for _ in range(5)]
    return 2 * side**3 / statistics.median(times[1:])


def flop_per_picture(side: int, width: int) -> float:
    """Of a step: what torch's own layers multiply and add, padding included."""
    network = build_network(Recipe(width=width), LABELS, side, seed=0)
    with FlopCounterMode(display=False) as counter:
        network(torch.zeros(2, 3, side, side)).sum().backward()
    return counter.get_total_flops() / 2


class Turn(NamedTuple):
    """What an epoch took."""

    rate: float  # pictures per second
    cpu_rate: float  # pictures per second of processor time
    gibibytes: float  # of GPU memory, at most


class Contestant:
    """A trainer in a process of its own: what one sets for its process is not the other's."""

    def __init__(self, make: Callable[[], Callable[[], int]]) -> None:
        spawned = multiprocessing.get_context("spawn")
        self.turns, theirs = spawned.Pipe()
        self.process = spawned.Process(target=_play, args=(theirs, make))
        self.process.start()

    def epoch(self) -> Turn:
        """Let it train an epoch."""
        self.turns.send("go")
        return self.turns.recv()

    def end(self) -> None:
        """Let it go."""
        self.turns.send("end")
        self.process.join()


def _play(turns: Connection, make: Callable[[], Callable[[], int]]) -> None:
    epoch = make()
    while turns.recv() == "go":
        start, start_cpu = time.perf_counter(), cpu_seconds()
        seen = epoch()
        wall, cpu = time.perf_counter() - start, cpu_seconds() - start_cpu
        memory = torch.cuda.max_memory_allocated() / 2**30 if torch.cuda.is_available() else 0.0
        turns.send(Turn(seen / wall, seen / cpu, memory))


def main() -> None:
    """Measure, and write the table to standard output."""
    arguments = _arguments()
    began = time.perf_counter()
    device = choose(arguments.device)
    Machine(str(device), threads=arguments.threads).prepare(Recipe(), device)
    auto = resolve("auto", device)
    kinds = dict.fromkeys(("fp32", auto.kind))
    _say(f"precision auto is {auto.kind}: {auto.reason}; multiplying large matrices")
    types = {"fp32": torch.float32, **HALVES}
    floors = {kind: floor(device, types[kind]) for kind in kinds}
    said = ", ".join(f"in {kind} {speed / 1e12:.3f} TFLOP/s" for kind, speed in floors.items())
    what = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    sys.stdout.write(
        f"{what}, {torch.get_num_threads()} threads, torch {torch.__version__}; a large matrix "
        f"product {said}; width {arguments.width}; {_pictures(arguments):,} pictures, medians of "
        f"{arguments.repeats} epochs.\n\n"
        "| side | trainer | pictures/s | to plain | per CPU second | to plain | of the product "
        "| GiB of GPU |\n|--:|---|--:|--:|--:|--:|--:|--:|\n"
    )
    for side in arguments.sides:
        flop = flop_per_picture(side, arguments.width)
        medians = measure(arguments, str(device), side, list(kinds))
        first = next(iter(medians.values()))
        for name, turn in medians.items():
            speed = floors[name.split()[-1]]
            sys.stdout.write(
                f"| {side} | {name} | {turn.rate:,.1f} | {turn.rate / first.rate:.2f} "
                f"| {turn.cpu_rate:,.1f} | {turn.cpu_rate / first.cpu_rate:.2f} "
                f"| {turn.rate * flop / speed:.0%} | {turn.gibibytes:.1f} |\n"
            )
            sys.stdout.flush()
    _say(f"done in {time.perf_counter() - began:.0f} s")


def measure(
    arguments: argparse.Namespace, device: str, side: int, kinds: list[str]
) -> dict[str, Turn]:
    """The median turn of each contestant; names end in the precision."""
    machine = Machine(device, threads=arguments.threads, compile=arguments.compile)
    width = arguments.width
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _say(f"{side}×{side}: making pictures")
        write_pictures(folder, _pictures(arguments), side)
        makers: dict[str, Callable[[], Callable[[], int]]] = {}
        if not arguments.full:
            write_folder(folder)
            makers["plain, fp32"] = functools.partial(reference, folder, machine, side, width)
        for kind in kinds:
            makers[f"ours, {kind}"] = functools.partial(ours, folder, machine, kind, width)
        contestants = {name: Contestant(make) for name, make in makers.items()}
        turns: dict[str, list[Turn]] = {name: [] for name in contestants}
        for repeat in range(arguments.repeats + 1):
            for name, contestant in contestants.items():
                turn = contestant.epoch()
                _say(f"{side}×{side}: {name}: epoch {repeat}: {turn.rate:,.1f} pictures/s")
                if repeat:  # the first epoch compiles and warms up
                    turns[name].append(turn)
        for contestant in contestants.values():
            contestant.end()
    return {
        name: Turn(*map(statistics.median, zip(*each, strict=True))) for name, each in turns.items()
    }


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def cpu_seconds() -> float:
    """Processor time of this process and of its loaders that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _pictures(arguments: argparse.Namespace) -> int:
    return IMAGENET if arguments.full else arguments.pictures


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sides", type=int, nargs="+", default=[32, 16])
    parser.add_argument("--pictures", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--width", type=int, default=64, help="16 is the default experiment's")
    parser.add_argument("--threads", type=int, default=0, help="of a CPU; 0: torch's choice")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--compile", default="auto")
    parser.add_argument("--full", action="store_true", help="our trainer on ImageNet's number")
    return parser.parse_args()


if __name__ == "__main__":
    main()
