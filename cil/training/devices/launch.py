"""One training as a job: in this process, or shared by several."""

import dataclasses
import logging
import os
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from cil.errors import UserError
from cil.images.store import ImageStore
from cil.locks import turn
from cil.logs import configure_logging
from cil.training.data import Labelling, Split
from cil.training.devices import memory
from cil.training.devices.machine import Machine
from cil.training.devices.team import Team
from cil.training.interruption import RESUME, SIGNALS, Interrupted
from cil.training.loop import Trainer
from cil.training.recipe import Recipe


@dataclass(frozen=True)
class Job:
    """What to train on what, and where the model goes; files by their paths."""

    images: Path  # the image store
    labels: Path | None  # {wnid: label}; None: the classes themselves
    folder: Path
    recipe: Recipe
    machine: Machine
    seed: int = 0
    parent: Path | None = None  # the model.safetensors to finetune
    code: str = ""

    def carry_out(self) -> None:
        """Train in this process, alone or as one of torchrun's."""
        team = Team.of_environment()
        # A training outlives a Snakemake that is killed; the next Snakemake starts it again.
        with turn(self.folder / ".training") if team.first else nullcontext():
            with memory.enough_to_begin():
                trainer = self._trainer(team)
            trainer.run(anew=False)

    def _trainer(self, team: Team) -> Trainer:
        store = ImageStore.open(self.images)
        if self.labels:
            labelling = Labelling.read(self.labels, store.classes)
        else:
            wnids = tuple(store.classes)
            labelling = Labelling(np.arange(len(wnids)), wnids, wnids)
        return Trainer(
            self.recipe,
            *Split.pair(store),
            labelling,
            self.folder,
            seed=self.seed,
            machine=self.machine,
            parent=self.parent,
            code=self.code,
            team=team,
        )


def train(job: Job, log: Path | None = None) -> None:
    """Carry out `job` in as many processes as its machine says, the first one logging to `log`.

    Under torchrun, which starts processes itself (on several machines, too), this is one of
    them. Raises what Trainer.run raises.
    """
    if job.machine.processes == 1 or "TORCHELASTIC_RUN_ID" in os.environ:
        job.carry_out()
        return
    processes = job.machine.processes
    _check_devices(job.machine, processes)
    threads = max(1, job.machine.threads // processes) if job.machine.threads else 0
    job = dataclasses.replace(job, machine=dataclasses.replace(job.machine, threads=threads))
    settings = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id=f"training-{os.getpid()}",
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        local_addr="localhost",
        max_restarts=0,
        signals_to_handle=",".join((*SIGNALS, "SIGHUP")),
    )
    # It logs the end of every process with a traceback; what matters is said below.
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    try:
        elastic_launch(settings, _work)(job, log)
    except SignalException as signalled:
        raise Interrupted(signalled.sigval.name) from None
    except ChildFailedError as failed:
        raise _explained(failed) from None


def _work(job: Job, log: Path | None) -> None:
    """One of the processes."""
    if Team.of_environment().first:
        configure_logging(log, append=True)
    else:
        logging.disable(logging.WARNING)
    job.carry_out()


def _check_devices(machine: Machine, processes: int) -> None:
    there = torch.cuda.device_count()
    if machine.device != "cpu" and 0 < there < processes:
        raise UserError(
            f"training.processes: found {processes}, but torch sees {there} GPUs; each process "
            "takes one"
        )


def _explained(failed: ChildFailedError) -> BaseException:
    """The error that ended the first process to fail, as if it had been raised here."""
    _, first = failed.get_first_failure()
    if first.exitcode == RESUME:
        return Interrupted("a signal")
    said = first.message["message"] if isinstance(first.message, dict) else first.message
    kind, _, message = said.partition(": ")
    return UserError(message) if kind == UserError.__name__ else RuntimeError(said)
