"""The training itself: epochs of steps, measured, saved, stopped and gone on with."""

import dataclasses
import hashlib
import logging
import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from cil.errors import UserError
from cil.files import read_json
from cil.training import finetune, schedule
from cil.training.artifacts import Artifacts
from cil.training.augment import EpochPlan, PlansAhead
from cil.training.checkpoint import Checkpoints, Progress
from cil.training.data import Feeder, Labelling, Split, fingerprint
from cil.training.devices import device, memory, precision
from cil.training.devices.machine import Machine, describe, versions
from cil.training.devices.team import Team
from cil.training.interruption import Interrupted, Interruption, interruptible
from cil.training.networks.network import build_network
from cil.training.objective import Batch
from cil.training.optimise import AveragedWeights, set_learning_rate
from cil.training.predict import predict, score
from cil.training.recipe import Recipe
from cil.training.step import Step

logger = logging.getLogger(__name__)


class Trainer:
    """One training of one network with one seed."""

    def __init__(
        self,
        recipe: Recipe,
        train: Split,
        val: Split,
        labelling: Labelling,
        folder: str | Path,
        *,
        seed: int = 0,
        machine: Machine | None = None,
        parent: str | Path | None = None,
        code: str = "",
        team: Team | None = None,
    ) -> None:
        """Prepare a training that `run` carries out.

        Args:
            folder: where the model, its history and its checkpoint go.
            parent: the model.safetensors to finetune; None to train from scratch.
            code: a fingerprint of the code: a checkpoint of other code is not gone on with.
            team: the processes that share the training; this one alone if none is given.

        Raises UserError for data, labels, network, parent or machine that do not fit.
        """
        machine, self.team = machine or Machine(), team or Team()
        self.labelling, self.seed, self.val = labelling, seed, val
        self.artifacts = Artifacts(folder)
        self.device = device.choose(machine.device, self.team.local_rank)
        identity = {
            "seed": seed,
            "labels": {
                "count": len(labelling.names),
                "sha256": hashlib.sha256(labelling.labels.astype(np.int64).tobytes()).hexdigest(),
            },
            "train": fingerprint(train),
            "val": fingerprint(val),
            "parent": finetune.checksum(Path(parent)) if parent is not None else None,
            "code": code,
        }
        self._candidates = _candidates(recipe, Path(folder) / "checkpoint", identity)
        begun = next((k for k, each in self._candidates.items() if each.path.exists()), None)
        self.precision = precision.resolve(recipe.precision, self.device, begun)
        logger.info("precision %s: %s", *self.precision)
        self.recipe = recipe = dataclasses.replace(recipe, precision=self.precision.kind)
        self.checkpoints = self._candidates[recipe.precision]
        machine.prepare(recipe, self.device)
        self.side = train.side
        network = build_network(recipe, len(labelling.names), self.side, seed)
        if parent is not None:
            finetune.start_from(network, Path(parent), labelling, recipe)
        self.step = Step(recipe, network, self.side, machine, self.device, self.team)
        self.network, self.optimiser = self.step.network, self.step.optimiser
        self.targets = labelling.of(train.classes).to(self.device)
        self.val_targets = labelling.of(val.classes).to(self.device)
        self.feeder = Feeder(train.images, self.device, machine.loader_threads, machine.place)
        self.val_feeder = Feeder(val.images, self.device, machine.loader_threads, machine.place)
        self.pictures = len(train.images)
        self.batch = min(recipe.batch_size, self.pictures)
        # A last smaller batch would be noisier than the rest; other pictures miss each epoch.
        self.steps = self.pictures // self.batch
        self.share = self.team.share(self.batch)
        self.plans = PlansAhead(self._plan, recipe.epochs)
        # The last answers to the validation pictures, after so many epochs, and their scores.
        self._answered: tuple[int, Tensor, dict[str, float]] | None = None
        self.average = (
            AveragedWeights(self.network, recipe.ema_epochs * self.steps)
            if recipe.ema_epochs
            else None
        )

    def run(self, anew: bool = True) -> dict[str, object]:
        """Train to the end, from the checkpoint if there is one; returns what metrics.json says.

        If not `anew` and the very same training has ended in this folder, at whatever time, its
        model is taken over instead.

        Writes history.csv as it goes, model.safetensors, logits.npy (pictures × labels,
        float32, of the validation pictures) and metrics.json at the end. Raises Interrupted
        after a signal, with a checkpoint; UserError if a loss is no number.
        """
        try:
            with (
                self.team.together(self.device),
                # One Ctrl-C comes twice to a team: from the terminal and from its launcher.
                interruptible(impatient=self.team.size == 1) as interruption,
            ):
                if not anew and self.team.any(self.team.first and self.is_done()):
                    return self._take_over()
                return self._run(interruption)
        except (RuntimeError, MemoryError) as error:
            if not memory.ran_out(error):
                raise
        # The tensors of the failed step went with the error's traceback: there is room to try.
        raise UserError(memory.advice(self.step.try_out, self.batch, self.team.size))

    def is_done(self) -> bool:
        """Whether the very same training has ended in this folder, in whichever process."""
        return any(self.artifacts.kept(each.name) for each in self._candidates.values())

    def _take_over(self) -> dict[str, object]:
        if self.team.first:
            self.artifacts.restore()
            logger.info(
                "%s: this very training is done already, and its model is taken over; to train "
                "anew, delete this folder",
                self.artifacts.model.parent,
            )
        return read_json(self.artifacts.kept_metrics)

    def _run(self, interruption: Interruption) -> dict[str, object]:
        self._agree()
        torch.manual_seed(self.seed)
        progress = self.checkpoints.load(
            self.network, self.optimiser, self.average, self.step.scaler
        )
        self._write_history(progress)
        for _ in range(progress.epoch, self.recipe.epochs):
            self._epoch(progress, interruption)
        return self._finish(progress)

    def _agree(self) -> None:
        """UserError if the processes of a team, on unlike machines, took unlike precisions."""
        kinds = tuple(precision.KINDS)
        mine = torch.tensor([float(kind == self.recipe.precision) for kind in kinds])
        taken = {kind for kind, count in zip(kinds, self.team.sum(mine), strict=True) if count}
        if len(taken) > 1:
            raise UserError(
                f"training key precision: found auto, which is {' here and '.join(sorted(taken))} "
                "there, as the machines of this training differ; set one of them"
            )

    def _epoch(self, progress: Progress, interruption: Interruption) -> None:
        epoch, began = progress.epoch, time.perf_counter() - progress.seconds
        losses = torch.zeros(self.steps, device=self.device)
        losses[: progress.step] = torch.tensor(progress.losses, device=self.device)
        for step, loss in self._steps(epoch, progress.step):
            losses[step] = loss
            # Looking at the loss waits for the device: at every step only where that is free.
            alone_on_cpu = self.device.type == "cpu" and self.team.size == 1
            if alone_on_cpu and not math.isfinite(loss.item()):
                self._refuse_loss(losses, epoch)
            if self.team.any(interruption.name is not None):
                progress.step, progress.seconds = step + 1, time.perf_counter() - began
                losses = self.team.mean(losses[: step + 1])
                progress.losses = losses.tolist()
                self._refuse_loss(losses, epoch)
                self._save(progress)
                raise Interrupted(interruption.name or "a signal to another process")
        losses = self.team.mean(losses)
        self._refuse_loss(losses, epoch)
        trained = time.perf_counter() - began
        scores = self._evaluate(epoch + 1)[1]
        seconds = time.perf_counter() - began
        row = {
            "epoch": epoch + 1,
            "learning_rate": schedule.learning_rate(
                self.recipe, (epoch + 1) * self.steps - 1, self.steps
            ),
            "train_loss": losses.cpu().double().mean().item(),
            **scores,
            "images_per_second": round(self.steps * self.batch / trained, 1),
            "seconds": round(seconds, 3),
        }
        progress.history.append(row)
        progress.epoch, progress.step, progress.losses, progress.seconds = epoch + 1, 0, [], 0.0
        self._save(progress)
        self._write_history(progress)
        logger.info(
            "epoch %d of %d: loss %.4f, top-1 %.2f%%, %.0f pictures/s",
            epoch + 1,
            self.recipe.epochs,
            row["train_loss"],
            100 * row["top1"],
            row["images_per_second"],
        )

    def _steps(self, epoch: int, first: int) -> Iterator[tuple[int, Tensor]]:
        """Carry out the steps of `epoch` from `first` on; yields each step and its loss."""
        plan = self.plans.take(epoch)
        on_device = plan.to(self.device)
        batches = self.feeder.batches(plan.order[first:], on_device.order[first:])
        self.step.prepare(epoch)
        progress = tqdm(
            batches,
            f"epoch {epoch + 1}/{self.recipe.epochs}",
            total=self.steps - first,
            unit="batch",
            leave=False,
            disable=None if self.team.first else True,
        )
        for step, pictures in enumerate(progress, first):
            rate = schedule.learning_rate(self.recipe, epoch * self.steps + step, self.steps)
            set_learning_rate(self.optimiser, rate)
            order, *chances = on_device.of_step(step)
            loss = self.step(Batch(pictures, self.targets[order], *chances))
            if self.average is not None:
                self.average.update(self.network, epoch * self.steps + step)
            yield step, loss

    def _plan(self, epoch: int) -> EpochPlan:
        """What each step of `epoch` does, on the host."""
        plan = EpochPlan.draw(self.recipe, self.seed, epoch, self.pictures, self.steps)
        mixes = self.recipe.mixup > 0
        return plan.in_batches(self.batch, self.team.rank, self.team.size, before=mixes)

    def _predict(self) -> Tensor:
        def answers() -> Tensor:
            return predict(self.network, self.val_feeder, self.recipe, self.team)

        if self.average is None:
            return answers()
        own = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.network.load_state_dict(self.average.state)
        logits = answers()
        self.network.load_state_dict(own)
        return logits

    def _evaluate(self, epochs: int) -> tuple[Tensor, dict[str, float]]:
        """The logits of the validation pictures after so many epochs, and their scores."""
        if self._answered and self._answered[0] == epochs:
            return self._answered[1:]
        logits = self._predict()
        scores = score(logits, self.val_targets)
        if not math.isfinite(scores["val_loss"]):
            raise self._diverged(f"validation loss is {scores['val_loss']} after epoch {epochs}")
        self._answered = epochs, logits, scores
        return logits, scores

    def _refuse_loss(self, losses: Tensor, epoch: int) -> None:
        bad = (~torch.isfinite(losses)).nonzero()
        if len(bad):
            step = int(bad[0])
            raise self._diverged(
                f"loss is {losses[step].item()} at step {step + 1} of epoch {epoch + 1}"
            )

    def _diverged(self, what: str) -> UserError:
        kept = (
            f"the last good checkpoint is {self.checkpoints.path}"
            if self.checkpoints.path.exists()
            else "there is no checkpoint before it"
        )
        return UserError(
            f"training: the {what}; {kept}. Lower learning_rate (now "
            f"{self.recipe.learning_rate:g}), give warmup_epochs, or set precision: fp32"
        )

    def _save(self, progress: Progress) -> None:
        if self.team.first:
            self.checkpoints.save(
                self.network, self.optimiser, self.average, progress, self.step.scaler
            )

    def _write_history(self, progress: Progress) -> None:
        if self.team.first:
            self.artifacts.write_history(progress.history)

    def _finish(self, progress: Progress) -> dict[str, object]:
        logits, scores = self._evaluate(progress.epoch)
        metrics = {
            "config": self.recipe.as_dict(),
            "precision_reason": self.precision.reason,
            "seed": self.seed,
            "training": self.checkpoints.name,
            "labels": len(self.labelling.names),
            "train_images": self.pictures,
            "val_images": len(self.val.images),
            "resolution": self.side,
            "versions": versions(),
            **describe(self.device),
            "processes": self.team.size,
            "seconds": round(sum(row["seconds"] for row in progress.history), 1),
            **scores,
        }
        if self.team.first:
            weights = self.network.state_dict() if self.average is None else self.average.state
            self.artifacts.write(weights, self._notes(), logits, metrics)
            self.artifacts.keep(self.checkpoints.name)
            self.checkpoints.remove()
        return metrics

    def _notes(self) -> dict[str, object]:
        return {
            "recipe": self.recipe.as_dict(),
            "seed": self.seed,
            "resolution": self.side,
            "labels": list(self.labelling.names),
            "classes": list(self.labelling.classes),
            "class_to_label": self.labelling.labels.tolist(),
        }


def _candidates(
    recipe: Recipe, folder: Path, identity: Mapping[str, Any]
) -> dict[str, Checkpoints]:
    """By precision, the checkpoints of what may be this training: of `auto`, in each that it is."""
    kinds = precision.AUTO if recipe.precision == "auto" else (recipe.precision,)
    recipes = {kind: dataclasses.replace(recipe, precision=kind).as_dict() for kind in kinds}
    return {
        kind: Checkpoints(folder, {"recipe": each, **identity}) for kind, each in recipes.items()
    }
