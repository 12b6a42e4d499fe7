"""Seconds until Snakemake has planned 320 trainings: 10 seeds × 8 label sets × 4 recipes.

uv run python benchmarks/plan.py
"""

import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

ROOT = Path(__file__).resolve().parent.parent


def large(seeds: int = 10, labelsets: int = 8, recipes: int = 4) -> dict:
    """A configuration with `seeds` × `labelsets` × `recipes` trainings."""
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    names = [f"up-{levels}" for levels in range(1, labelsets + 1)]
    config["labelsets"] = {
        name: {"strategy": "ancestor", "levels": levels}
        for levels, name in enumerate(names, start=1)
    }
    config["reference"] = names[0]
    config["training"]["seeds"] = seeds
    config["runs"] = {
        f"{name}-lr{recipe}": {"labels": name, "epochs": recipe + 1}
        for name in names
        for recipe in range(recipes)
    }
    return config | {"experiment": "large"}


def plan(config: dict) -> tuple[float, int, int]:
    """Seconds of a dry run of `config`, and the numbers of trainings and of all jobs it plans."""
    with TemporaryDirectory() as folder:
        # Merged over the default experiment, whose own label sets and runs would be added.
        path = Path(folder, "config.yaml")
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        command = ["snakemake", "-n", "--quiet", "rules", "--configfile", path]
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", *map(str, command)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        )
        seconds = time.perf_counter() - began
    jobs = {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", done.stdout, re.M)}
    return seconds, jobs["train"], jobs["total"]


if __name__ == "__main__":
    seconds, trainings, jobs = plan(large())
    sys.stdout.write(f"{trainings} trainings, {jobs} jobs in all, planned in {seconds:.1f} s\n")
