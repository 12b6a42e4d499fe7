"""What can be said of the workflow without running it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from project import ROOT, Project

from benchmarks.plan import large, plan

CONFIGS = sorted(path for path in (ROOT / "config").glob("*.yaml") if path.name != "schema.yaml")


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("snakefmt", "--check", "Snakefile", "rules"),
        ("snakemake", "--lint"),
    ],
    ids=" ".join,
)
def test_the_code_is_clean(command):
    done = run(*command)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_every_configuration_has_a_plan(config):
    done = run("snakemake", "--dry-run", "--cores", "1", "--forceall", "--configfile", config)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "rule all:" in done.stdout


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_every_artifact_is_asked_for_so_that_none_stays_missing(config):
    """Snakemake leaves alone what is missing in the middle, where its products are there."""
    jobs = Project(ROOT).jobs("--forceall", "--configfile", str(config))

    made = {path for _, job in jobs for path in job.get("output", "").split(", ") if path}
    [asked_for] = [set(job["input"].split(", ")) for rule, job in jobs if rule == "provenance"]
    missing = {path for path in made - asked_for if path.startswith("results/")}
    assert {path.rpartition("/")[2] for path in missing} == {"provenance.json", "provenance.html"}


def test_a_study_of_320_trainings_is_planned_with_few_jobs_besides():
    _, trainings, jobs = plan(large())
    assert trainings == 320 + 30  # and the default experiment's own runs
    assert jobs - trainings < 60


def test_every_rule_is_described_logged_measured_and_versioned():
    """What a linter does not ask for: docstring, log, benchmark, `code` among the params."""
    for path in sorted((ROOT / "rules").glob("*.smk")):
        for rule in path.read_text(encoding="utf-8").split("\nrule ")[1:]:
            name = rule.split(":")[0]
            for part in ('"""', "log:", "benchmark:", "resources:"):
                assert part in rule, f"{path.name}, rule {name}: lacks {part}"
            code = rf'code=(lambda wildcards: )?code\(\s*"{name}"'
            assert re.search(code, rule), f"{path.name}, rule {name}: lacks its code"
            assert f'"../workflow/scripts/{name}.py"' in rule, f"{path.name}, rule {name}: script"


def test_a_refused_configuration_stops_before_any_job():
    done = run("snakemake", "--cores", "1", "--config", "datset={}")

    assert done.returncode != 0
    assert "datset: unknown key; did you mean dataset?" in done.stdout
    assert "Traceback" not in done.stdout
