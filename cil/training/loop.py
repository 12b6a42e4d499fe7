"""The training itself: epochs of steps, measured, saved, stopped and gone on with."""

import hashlib
import logging
import math
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torchvision
from torch import Tensor
from tqdm import tqdm

from cil.errors import UserError
from cil.files import atomic_path, write_csv, write_json
from cil.training import finetune, schedule
from cil.training.augment import EpochPlan, crop_and_flip, normalise
from cil.training.checkpoint import Checkpoints, Progress, write_tensors
from cil.training.data import Feeder, Labelling, Split, fingerprint
from cil.training.interruption import Interrupted, Interruption, interruptible
from cil.training.machine import Machine, autocast, describe
from cil.training.network import build_network
from cil.training.optimise import (
    AveragedWeights,
    build_optimiser,
    freeze_body,
    set_learning_rate,
)
from cil.training.predict import as_array, predict, score
from cil.training.recipe import Recipe

logger = logging.getLogger(__name__)

HISTORY = (
    "epoch",
    "learning_rate",
    "train_loss",
    "val_loss",
    "top1",
    "top5",
    "images_per_second",
    "seconds",
)


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
    ) -> None:
        """Prepare a training that `run` carries out.

        Args:
            folder: where the model, its history and its checkpoint go.
            parent: the model.safetensors to finetune; None to train from scratch.
            code: a fingerprint of the code: a checkpoint of other code is not gone on with.

        Raises UserError for data, labels, network, parent or machine that do not fit.
        """
        machine = machine or Machine()
        self.recipe, self.labelling, self.seed = recipe, labelling, seed
        self.folder = Path(folder)
        self.val = val
        self.device = machine.prepare(recipe)
        self.side = train.side
        self.network = build_network(recipe, len(labelling.names), self.side, seed)
        if parent is not None:
            finetune.start_from(self.network, Path(parent), labelling, recipe)
        self.network.to(self.device, memory_format=torch.channels_last)
        self.optimiser = build_optimiser(recipe, self.network)
        self.targets = labelling.of(train.classes).to(self.device)
        self.val_targets = labelling.of(val.classes).to(self.device)
        self.feeder = Feeder(train.images, self.device, machine.loader_threads, machine.place)
        self.val_feeder = Feeder(val.images, self.device, machine.loader_threads, machine.place)
        self.pictures = len(train.images)
        self.batch = min(recipe.batch_size, self.pictures)
        # A last smaller batch would be noisier than the rest; other pictures miss each epoch.
        self.steps = self.pictures // self.batch
        self.average = (
            AveragedWeights(self.network, recipe.ema_epochs * self.steps)
            if recipe.ema_epochs
            else None
        )
        self.checkpoints = Checkpoints(
            self.folder / "checkpoint",
            {
                "recipe": recipe.as_dict(),
                "seed": seed,
                "labels": {
                    "count": len(labelling.names),
                    "sha256": hashlib.sha256(
                        labelling.labels.astype(np.int64).tobytes()
                    ).hexdigest(),
                },
                "train": fingerprint(train),
                "val": fingerprint(val),
                "parent": _sha256(parent) if parent is not None else None,
                "code": code,
            },
        )
        self.loss = self._loss
        if mode := machine.compile_mode(self.device):
            self.loss = torch.compile(self._loss, mode=mode, dynamic=False)

    def run(self) -> dict[str, object]:
        """Train to the end, from the checkpoint if there is one; returns what metrics.json says.

        Writes history.csv as it goes, model.safetensors, logits.npy (pictures × labels,
        float32, of the validation pictures) and metrics.json at the end. Raises Interrupted
        after a signal, with a checkpoint; UserError if the loss is no number.
        """
        with interruptible() as interruption:
            torch.manual_seed(self.seed)
            progress = self.checkpoints.load(self.network, self.optimiser, self.average)
            write_csv(progress.history, self.folder / "history.csv", HISTORY)
            for _ in range(progress.epoch, self.recipe.epochs):
                self._epoch(progress, interruption)
            return self._finish(progress)

    def _epoch(self, progress: Progress, interruption: Interruption) -> None:
        epoch, began = progress.epoch, time.perf_counter() - progress.seconds
        freeze_body(self.network, epoch < self.recipe.freeze_epochs)
        losses = torch.zeros(self.steps, device=self.device)
        losses[: progress.step] = torch.tensor(progress.losses, device=self.device)
        for step, loss in self._steps(epoch, progress.step):
            losses[step] = loss
            # Looking at the loss waits for the device: at every step only where that is free.
            if self.device.type == "cpu" and not math.isfinite(loss.item()):
                self._refuse_loss(losses, epoch)
            if interruption.name:
                progress.step, progress.seconds = step + 1, time.perf_counter() - began
                progress.losses = losses[: step + 1].tolist()
                self._refuse_loss(losses[: step + 1], epoch)
                self._save(progress)
                raise Interrupted(interruption.name)
        self._refuse_loss(losses, epoch)
        trained = time.perf_counter() - began
        scores = score(self._predict(), self.val_targets)
        seconds = time.perf_counter() - began
        row = {
            "epoch": epoch + 1,
            "learning_rate": schedule.learning_rate(
                self.recipe, (epoch + 1) * self.steps - 1, self.steps
            ),
            "train_loss": losses.double().mean().item(),
            **scores,
            "images_per_second": round(self.steps * self.batch / trained, 1),
            "seconds": round(seconds, 3),
        }
        progress.history.append(row)
        progress.epoch, progress.step, progress.losses, progress.seconds = epoch + 1, 0, [], 0.0
        self._save(progress)
        write_csv(progress.history, self.folder / "history.csv", HISTORY)
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
        plan = EpochPlan.draw(self.recipe, self.seed, epoch, self.pictures, self.steps)
        plan = plan.to(self.device)
        slices = [slice(s * self.batch, (s + 1) * self.batch) for s in range(first, self.steps)]
        batches = self.feeder.batches([plan.order[part] for part in slices])
        self.network.train()
        if epoch < self.recipe.freeze_epochs:
            self.network.eval()  # a frozen body keeps its batch statistics, too
        side = schedule.resolution(self.recipe, epoch, self.side)
        progress = tqdm(
            zip(slices, batches, strict=True),
            f"epoch {epoch + 1}/{self.recipe.epochs}",
            total=len(slices),
            unit="batch",
            leave=False,
            disable=None,
        )
        for step, (part, pictures) in enumerate(progress, first):
            rate = schedule.learning_rate(self.recipe, epoch * self.steps + step, self.steps)
            set_learning_rate(self.optimiser, rate)
            pictures = crop_and_flip(
                pictures,
                plan.top[part],
                plan.left[part],
                plan.flip[part],
                self.recipe.crop_padding,
            )
            loss = self.loss(pictures, self.targets[plan.order[part]], plan.mix[step], side)
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()
            self.optimiser.step()
            if self.average is not None:
                self.average.update(self.network, epoch * self.steps + step)
            yield step, loss.detach()

    def _loss(self, pictures: Tensor, targets: Tensor, mix: Tensor, side: int) -> Tensor:
        """The loss of the network on one batch of uint8 pictures."""
        recipe = self.recipe
        inputs = normalise(pictures)
        if side != self.side:
            inputs = torch.nn.functional.interpolate(
                inputs, size=(side, side), mode="bilinear", antialias=True
            )
        if recipe.mixup:
            inputs = mix * inputs + (1 - mix) * inputs.roll(1, 0)
        with autocast(recipe, self.device):
            logits = self.network(inputs).float()
        smoothing = recipe.label_smoothing
        loss = torch.nn.functional.cross_entropy(logits, targets, label_smoothing=smoothing)
        if recipe.mixup:
            other = torch.nn.functional.cross_entropy(
                logits, targets.roll(1, 0), label_smoothing=smoothing
            )
            loss = mix * loss + (1 - mix) * other
        return loss

    def _predict(self) -> Tensor:
        if self.average is None:
            return predict(self.network, self.val_feeder, self.recipe)
        own = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.network.load_state_dict(self.average.state)
        logits = predict(self.network, self.val_feeder, self.recipe)
        self.network.load_state_dict(own)
        return logits

    def _refuse_loss(self, losses: Tensor, epoch: int) -> None:
        bad = (~torch.isfinite(losses)).nonzero()
        if not len(bad):
            return
        step = int(bad[0])
        kept = (
            f"the last good checkpoint is {self.checkpoints.path}"
            if self.checkpoints.path.exists()
            else "there is no checkpoint before it"
        )
        raise UserError(
            f"training: the loss is {losses[step].item()} at step {step + 1} of epoch "
            f"{epoch + 1}; {kept}. Lower learning_rate (now {self.recipe.learning_rate:g}), "
            "give warmup_epochs, or set precision: fp32"
        )

    def _save(self, progress: Progress) -> None:
        self.checkpoints.save(self.network, self.optimiser, self.average, progress)

    def _finish(self, progress: Progress) -> dict[str, object]:
        logits = self._predict()
        state = self.network.state_dict() if self.average is None else self.average.state
        notes = {
            "recipe": self.recipe.as_dict(),
            "seed": self.seed,
            "resolution": self.side,
            "labels": list(self.labelling.names),
            "class_to_label": self.labelling.labels.tolist(),
        }
        scores = score(logits, self.val_targets)
        metrics = {
            "config": self.recipe.as_dict(),
            "seed": self.seed,
            "labels": len(self.labelling.names),
            "train_images": self.pictures,
            "val_images": len(self.val.images),
            "resolution": self.side,
            "versions": {
                "torch": torch.__version__,
                "torchvision": torchvision.__version__,
                "numpy": np.__version__,
            },
            **describe(self.device),
            "seconds": round(sum(row["seconds"] for row in progress.history), 1),
            **scores,
        }
        write_tensors(self.folder / "model.safetensors", state, notes)
        with atomic_path(self.folder / "logits.npy") as temporary:
            np.save(temporary, as_array(logits))
        write_json(metrics, self.folder / "metrics.json")
        self.checkpoints.remove()
        return metrics


def _sha256(path: str | Path) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
