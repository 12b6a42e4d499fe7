"""Pictures per second of training the paper's network.

    uv run python benchmarks/throughput.py [--resolution 32] [--batch-size 256] [--steps 20]

The network's forward and backward pass and the optimiser's step on random pictures, on the GPU if
there is one: what is left of a training once its pictures are at hand. On a CPU the time is that
of the processor, so that other work on the machine does not count.
"""

import argparse
import json
import sys
import time

import torch

from cil.training.networks.network import build_network
from cil.training.optimise import build_optimiser
from cil.training.recipe import Recipe

IMAGES = 1_281_167


def throughput(resolution: int, batch_size: int, steps: int, device: torch.device) -> dict:
    """Pictures per second, multiply-adds of a forward pass, peak GPU memory in MB."""
    recipe = Recipe(batch_size=batch_size)
    network = build_network(recipe, 1000, resolution, seed=0).to(
        device, memory_format=torch.channels_last
    )
    optimiser = build_optimiser(recipe, network)
    pictures = torch.randn(batch_size, 3, resolution, resolution, device=device)
    pictures = pictures.contiguous(memory_format=torch.channels_last)
    labels = torch.randint(1000, (batch_size,), device=device)
    cuda = device.type == "cuda"

    def step() -> None:
        with torch.autocast(device.type, torch.bfloat16, enabled=cuda):
            loss = torch.nn.functional.cross_entropy(network(pictures), labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    for _ in range(3):
        step()
    if cuda:
        torch.cuda.synchronize()
    clock = time.perf_counter if cuda else time.process_time
    began = clock()
    for _ in range(steps):
        step()
    if cuda:
        torch.cuda.synchronize()
    rate = steps * batch_size / (clock() - began)
    return {
        "device": torch.cuda.get_device_name() if cuda else "one CPU core",
        "resolution": resolution,
        "batch_size": batch_size,
        "pictures_per_second": round(rate, 1),
        "hours_per_epoch_of_imagenet": round(IMAGES / rate / 3600, 3),
        "peak_memory_mb": round(torch.cuda.max_memory_allocated() / 2**20) if cuda else None,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
    }


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resolution", type=int, default=32)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=20)
    arguments = parser.parse_args()
    cuda = torch.cuda.is_available()
    if not cuda:
        torch.set_num_threads(1)
    device = torch.device("cuda" if cuda else "cpu")
    measured = throughput(arguments.resolution, arguments.batch_size, arguments.steps, device)
    sys.stdout.write(json.dumps(measured, indent=2) + "\n")


if __name__ == "__main__":
    main()
