"""The experiment on a real SLURM cluster that loses a node, a job, memory and time on the way."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from cluster import Cluster
from project import Project
from small import CONFIG, TIMED

pytestmark = pytest.mark.slow


@dataclass
class Run:
    """A run on the cluster: what Snakemake said, and what was done to it meanwhile."""

    project: Project
    said: str = ""
    jobs: list[dict[str, str]] = field(default_factory=list)
    drained: str = ""
    cancelled: str = ""
    stopped: str = ""

    def of(self, rule: str) -> list[dict[str, str]]:
        """The jobs of a rule or group, in the order of their submission."""
        chosen = [job for job in self.jobs if job["Comment"].startswith(f"rule_{rule}")]
        return sorted(chosen, key=lambda job: int(job["JobId"]))


@pytest.fixture(scope="module")
def run(cluster, small, tmp_path_factory) -> Run:
    """The small experiment, begun and ended on the cluster, with trouble in the middle."""
    project = Project.copy_to(tmp_path_factory.mktemp("cluster"))
    project.path("resources").symlink_to(small.path("resources"))
    _edit_profile(project.path("profiles/slurm/config.yaml"))
    run = Run(project)
    log = project.path("said.log")
    with log.open("w") as out:
        snakemake = subprocess.Popen(
            [sys.executable, "-m", "snakemake", "--profile", "profiles/slurm", *CONFIG],
            cwd=project.folder,
            env=project.environment | cluster.environment | {"PYTHONPATH": str(project.folder)},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + 1800
        while snakemake.poll() is None and time.monotonic() < deadline:
            _trouble(cluster, run)
            time.sleep(0.2)
        snakemake.terminate()
    run.said, run.jobs = log.read_text(), cluster.jobs()
    assert snakemake.wait(60) == 0, run.said[-8000:]
    return run


def _edit_profile(path: Path) -> None:
    """What a user edits, for a cluster of two nodes with two CPUs and one small GPU each."""
    text = path.read_text()
    text = text.replace("# slurm_partition: gpu", "slurm_partition: gpu")
    profile = yaml.safe_load(text.replace("# gpu_model: a100", "gpu_model: fake"))
    profile["set-resources"]["train"] |= {"runtime": 10}
    # Too little at first: SLURM kills the step, and it gets more.
    profile["set-resources"]["study"] = {"mem_mb": "150 * attempt"}
    profile |= {"cores": 2, "slurm-init-seconds-before-status-checks": 1, "latency-wait": 15}
    path.write_text(yaml.safe_dump(profile))


def _trouble(cluster: Cluster, run: Run) -> None:
    """Drain the node of the first job, cancel a training, stop another as SLURM does in time."""
    running = [job for job in cluster.jobs() if job["JobState"] == "RUNNING"]
    if running and not run.drained:
        run.drained = running[0]["NodeList"]
        drain = f"NodeName={run.drained} State=DRAIN Reason=test"
        cluster.said("scontrol", "update", *drain.split())
    job = _of(running, "rule_train_wildcards_original")
    if job and not run.cancelled:
        run.cancelled = job["JobId"]
        cluster.said("scancel", run.cancelled)
    job = _of(running, "rule_train_wildcards_cil")
    log = run.project.path("results/small/logs/train/cil.seed0.log")
    if job and not run.stopped and log.exists() and "epoch 1 of" in log.read_text():
        run.stopped = job["JobId"]
        # What slurmctld sends to a job with --signal=TERM@… ahead of its time limit.
        cluster.said("scancel", "--signal=TERM", run.stopped)


def _of(jobs: list[dict[str, str]], comment: str) -> dict[str, str] | None:
    return next((job for job in jobs if job["Comment"].startswith(comment)), None)


def test_the_results_are_those_of_a_local_run(run, small):
    """Byte for byte, but for the few files that say when and how fast."""
    ours, theirs = (
        json.loads(project.path("results/small/provenance.json").read_text())["artifacts"]
        for project in (run.project, small)
    )
    assert ours.keys() == theirs.keys()
    different = {name for name in ours if ours[name]["sha256"] != theirs[name]["sha256"]}
    assert {name for name in different if not TIMED.fullmatch(name)} == set()
    assert any(name.endswith("model.safetensors") for name in ours)


def test_after_a_node_is_drained_all_further_jobs_run_on_the_other(run):
    ended = [job for job in run.jobs if job["JobState"] == "COMPLETED"]
    assert run.drained
    assert ended[-1]["NodeList"] != run.drained
    assert {job["NodeList"] for job in run.of("train")} == {ended[-1]["NodeList"]}


def test_a_cancelled_job_is_submitted_again(run):
    states = [job["JobState"] for job in run.of("train_wildcards_original")]
    assert states == ["CANCELLED", "COMPLETED"]


def test_a_training_stopped_ahead_of_its_time_limit_goes_on_from_its_checkpoint(run):
    first, second = run.of("train_wildcards_cil")
    assert (first["JobId"], first["JobState"]) == (run.stopped, "FAILED")
    assert second["JobState"] == "COMPLETED"
    log = run.project.path("results/small/logs/train/cil.seed0.log").read_text()
    assert "going on after epoch" in log


def test_a_step_killed_for_lack_of_memory_gets_more(run):
    *killed, last = run.of("study")
    assert killed and last["JobState"] == "COMPLETED"
    assert [job["MinMemoryNode"] for job in killed] == [
        f"{150 * n}M" for n in range(1, len(killed) + 1)
    ]


def test_training_asks_for_one_gpu_of_the_type_named_and_nothing_else_for_any(run):
    gpus = {job["Comment"].split("_")[1]: job.get("TresPerJob", "") for job in run.jobs}
    assert gpus.pop("train") == "gres:gpu:fake:1"
    assert set(gpus.values()) == {""}
    assert {job["Partition"] for job in run.of("train")} == {"gpu"}
    assert {job["Partition"] for job in run.of("images")} == {"main"}


def test_short_steps_go_together_and_downloads_tables_and_figures_stay_local(run):
    jobs = [job["Comment"].removeprefix("rule_").split("_wildcards")[0] for job in run.jobs]
    together = {
        "hierarchy_class_list_hierarchy",
        "labels_closeness_consensus_labelset_naming_tree_cut_sizes_...",  # Snakemake cuts it off
        "scores_cuts_evaluate_export",
    }
    assert set(jobs) == together | {"study", "images", "train"}
    assert all(jobs.count(group) == 1 for group in together)
