"""Pictures per second of our training, and of a plain one after the standard recipe.

    python -m benchmarks.training --sides 32 16 --pictures 1000 --repeats 3

Needs torch, torchvision, numpy, tqdm, safetensors and a checkout. The contestants take turns,
an epoch each, and the medians are compared; on a CPU also by processor time, for which other
work on the machine counts little. Validation is left out of all. --full measures our trainer
alone with the 1,281,167 pictures of ImageNet (generated), as for a GPU.
"""

import argparse
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

from cil.training.augment import MEAN, STD
from cil.training.data import Labelling, Split
from cil.training.loop import Trainer
from cil.training.machine import Machine
from cil.training.network import build_network
from cil.training.recipe import Recipe

LABELS = 1000
# ResNet-18 with a 3×3 stem at 32×32, forward and backward, by torch.utils.flop_counter.
FLOP_PER_PICTURE = 3.33e9
IMAGENET = 1_281_167


class Reference:
    """The standard recipe: pictures decoded one by one, labels mapped in Python, fp32."""

    def __init__(self, folder: Path, device: torch.device, side: int) -> None:
        augment = transforms.Compose(
            [
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(MEAN, STD),
            ]
        )
        self.loader = DataLoader(
            ImageFolder(folder, augment), 256, shuffle=True, num_workers=2, drop_last=True
        )
        self.mapping = {name: number for number, name in enumerate(self.loader.dataset.classes)}
        self.device = device
        self.network = build_network(Recipe(), LABELS, side, seed=0).to(device)
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


def ours(split: Split, machine: Machine, precision: str, folder: Path) -> Callable[[], int]:
    """An epoch of our trainer."""
    labelling = Labelling(np.arange(LABELS), tuple(map(str, range(LABELS))))
    recipe = Recipe(precision=precision)
    small = Split(split.images[:1], split.classes[:1])
    trainer = Trainer(recipe, split, small, labelling, folder, machine=machine)
    epochs = iter(range(10**6))

    def epoch() -> int:
        losses = [loss for _, loss in trainer._steps(next(epochs), 0)]
        torch.stack(losses).sum().item()  # waits for the device
        return trainer.steps * trainer.batch

    return epoch


def write_folder(split: Split, folder: Path) -> Path:
    """The pictures as PNG files in a folder per class."""
    for number in range(LABELS):
        (folder / f"{number:04}").mkdir(parents=True)
    for row, (picture, label) in enumerate(zip(split.images, split.classes, strict=True)):
        Image.fromarray(picture).save(folder / f"{label:04}" / f"{row}.png")
    for number in range(LABELS):  # ImageFolder refuses a class without pictures
        if not any((folder / f"{number:04}").iterdir()):
            Image.fromarray(split.images[0]).save(folder / f"{number:04}" / "first.png")
    return folder


def floor(device: torch.device) -> float:
    """FLOP per second of a large matrix product in bf16."""
    side = 16_384 if device.type == "cuda" else 2048
    a, b = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    times = [_seconds(lambda: (a @ b)[0, 0].item()) for _ in range(5)]
    return 2 * side**3 / statistics.median(times[1:])


def main() -> None:
    """Measure, and write the table to standard output."""
    arguments = _arguments()
    device = Machine(arguments.device).prepare(Recipe())
    if device.type != "cuda":
        sys.stdout.write("No GPU is used: these are figures of the CPU.\n\n")
    speed = floor(device)
    what = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    sys.stdout.write(
        f"{what}, {torch.get_num_threads()} threads, torch {torch.__version__}; a large matrix "
        f"product in bf16: {speed / 1e12:.2f} TFLOP/s; {arguments.pictures} pictures, medians of "
        f"{arguments.repeats} epochs.\n\n"
        "| side | trainer | pictures/s | to reference | per CPU second | to reference "
        "| of the floor |\n|--:|---|--:|--:|--:|--:|--:|\n"
    )
    for side in arguments.sides:
        rates = measure(arguments, device, side)
        first, first_cpu = next(iter(rates.values()))
        for name, (rate, cpu) in rates.items():
            share = rate * FLOP_PER_PICTURE * (side / 32) ** 2 / speed
            sys.stdout.write(
                f"| {side} | {name} | {rate:,.0f} | {rate / first:.2f} "
                f"| {cpu:,.0f} | {cpu / first_cpu:.2f} | {share:.0%} |\n"
            )
            sys.stdout.flush()
    if device.type == "cuda":
        sys.stdout.write(f"\n{torch.cuda.max_memory_allocated() / 2**30:.1f} GiB of GPU memory.\n")


def measure(
    arguments: argparse.Namespace, device: torch.device, side: int
) -> dict[str, tuple[float, float]]:
    """The median pictures per second, and per CPU second, of each contestant; they take turns."""
    chance = np.random.default_rng(0)
    count = IMAGENET if arguments.full else arguments.pictures
    images = np.empty((count, side, side, 3), np.uint8)
    for start in range(0, count, 2**16):
        part = images[start : start + 2**16]
        part[:] = chance.integers(0, 256, part.shape, dtype=np.uint8)
    split = Split(images, chance.integers(0, LABELS, count))
    machine = Machine(str(device), compile=arguments.compile)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        contestants: dict[str, Callable[[], int]] = {}
        if not arguments.full:
            write_folder(split, folder / "pictures")
            contestants["reference"] = Reference(folder / "pictures", device, side).epoch
            eager = Machine(str(device), compile="off")
            contestants["ours, eager fp32"] = ours(split, eager, "fp32", folder / "fp32")
        contestants["ours"] = ours(split, machine, "bf16", folder / "bf16")
        rates: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
        for repeat in range(arguments.repeats + 1):
            for name, epoch in contestants.items():
                start, start_cpu = time.perf_counter(), cpu_seconds()
                seen = epoch()
                if repeat:  # the first epoch compiles and warms up
                    cpu = cpu_seconds() - start_cpu
                    rates[name].append((seen / (time.perf_counter() - start), seen / cpu))
    return {
        name: tuple(map(statistics.median, zip(*values, strict=True)))
        for name, values in rates.items()
    }


def cpu_seconds() -> float:
    """Processor time of this process and of its loaders that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sides", type=int, nargs="+", default=[32, 16])
    parser.add_argument("--pictures", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--compile", default="auto")
    parser.add_argument("--full", action="store_true", help="our trainer on ImageNet's number")
    return parser.parse_args()


if __name__ == "__main__":
    main()
