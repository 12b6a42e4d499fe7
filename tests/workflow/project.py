"""A copy of the project to run Snakemake in, so that tests may change its code."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Project:
    """A copy of the project's files in `folder`."""

    folder: Path

    @classmethod
    def copy_to(cls, folder: Path) -> "Project":
        """Copy all that git tracks, or would, to `folder`."""
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.splitlines()
        for name in listed:
            if (ROOT / name).is_file():
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, target)
        return cls(folder)

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which `cil` is this copy's, here and in every job."""
        return os.environ | {"PYTHONPATH": str(self.folder)}

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `snakemake` here; stdout and stderr come together as `stdout`."""
        return subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "all", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> str:
        """Run `snakemake` here and expect success; returns what it said."""
        done = self.snakemake(*arguments)
        assert done.returncode == 0, done.stdout[-6000:]
        return done.stdout

    def jobs(self, *arguments: str) -> list[tuple[str, dict[str, str]]]:
        """The jobs that a run would have: of each its rule, and what Snakemake says by key."""
        said = self.run("--dry-run", "--quiet", "host", *arguments)
        # Jobs that could start together stand without an empty line between them.
        _, *parts = re.split(r"^(?:local)?rule (\w+):$", said, flags=re.MULTILINE)
        lines = re.compile(r"^    (\w+): (.*)$", re.MULTILINE)
        return [
            (rule, dict(lines.findall(what)))
            for rule, what in zip(parts[::2], parts[1::2], strict=True)
        ]

    def planned(self, *arguments: str) -> dict[str, set[str]]:
        """What a run would do: the reasons of every rule that has jobs to run."""
        plan: dict[str, set[str]] = {}
        for rule, job in self.jobs(*arguments):
            plan.setdefault(rule, set()).update({job["reason"]} if "reason" in job else ())
        return plan

    def path(self, name: str) -> Path:
        """A file of this copy."""
        return self.folder / name
