"""The small experiment: a copy of it to break, and the whole one to compare with."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from project import Project

from cil.files import sha256_of
from cil.record.provenance import artifacts

CONFIG = ("--configfile", "tests/small/config.yaml")

# What tells when and how fast a step ran besides what came out.
TIMED = re.compile(
    r"models/.*/(metrics\.json|history\.csv)"
    r"|figures/survey\..*"  # photographed from a browser
)


@dataclass(frozen=True)
class Small:
    """The small experiment in `project`, and in `whole` the same, untouched."""

    project: Project
    whole: Project

    @property
    def results(self) -> Path:
        return self.project.path("results/small")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start Snakemake; it and its children are a process group of their own."""
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", "--cores", "2", *arguments, *CONFIG],
            cwd=self.project.folder,
            env=self.project.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run Snakemake to its end: exit status and what it said."""
        process = self.start(*arguments)
        said, _ = process.communicate(timeout=600)
        return process.returncode, said

    def wrong(self) -> list[str]:
        """The artifacts that are there but differ from those of the whole experiment."""
        return [
            name
            for name in self.names()
            if sha256_of(self.results / name) != sha256_of(self.whole.path(f"results/small/{name}"))
        ]

    def names(self) -> list[str]:
        """The artifacts that are there, but for those that tell the time."""
        found = (path.relative_to(self.results).as_posix() for path in artifacts(self.results))
        return [name for name in found if not TIMED.fullmatch(name)]

    def faults(self) -> list[str]:
        """What is missing, what is there but should not be, and what is wrong."""
        found, expected = set(self.names()), set(Small(self.whole, self.whole).names())
        return [
            *(f"missing: {name}" for name in sorted(expected - found)),
            *(f"not expected: {name}" for name in sorted(found - expected)),
            *(f"wrong: {name}" for name in self.wrong()),
        ]
