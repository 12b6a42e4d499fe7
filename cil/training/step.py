"""A step of training: loss, gradients, optimiser, in the way that is fastest on the device."""

import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn

from cil.training import schedule
from cil.training.devices import beside
from cil.training.devices.machine import Machine
from cil.training.devices.precision import autocast, scaler
from cil.training.devices.replay import Replayed
from cil.training.devices.team import Team
from cil.training.networks import norms
from cil.training.networks.convolution import prepare_for_cpu
from cil.training.objective import Batch, batch_loss
from cil.training.optimise import begin_with_momenta, build_optimiser, freeze_body
from cil.training.recipe import Recipe


class Step:
    """Takes the optimiser steps of a training."""

    def __init__(
        self,
        recipe: Recipe,
        network: nn.Module,
        side: int,
        machine: Machine,
        device: torch.device,
        team: Team,
    ) -> None:
        """Bring `network` to the device, for pictures of `side` pixels.

        Makes `network`, with what pays on the device in place of torch's own layers,
        `optimiser`, and `scaler`, of the gradients in fp16, elsewhere None.
        """
        self.recipe, self.side, self.device, self.team = recipe, side, device, team
        self.network = team.prepare(network, device)
        self.replays = machine.replays(recipe, device, team.size)
        options = machine.compile_options(recipe, device)
        if device.type == "cpu":
            prepare_for_cpu(self.network, side, recipe.precision)
        if self.replays:
            beside.compute_beside(self.network)
        if self.replays and options:
            options |= beside.COMPILE_OPTIONS
            if machine.fuses_norms:
                norms.fuse_norms(self.network)
                options |= norms.COMPILE_OPTIONS
        self.network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = build_optimiser(recipe, self.network)
        self.scaler = scaler(recipe.precision, device)
        if self.scaler is not None:
            begin_with_momenta(self.optimiser)
        self._forward = self.network  # what gives the logits: the network, or the team's
        self._loss = self._plain_loss
        if options:
            self._loss = torch.compile(self._plain_loss, options=options, dynamic=False)
        self._take: Callable[..., Tensor]  # a step, made by `prepare` for …
        self._is_for: tuple[int, bool] | None = None  # … this side, its body frozen or not

    def prepare(self, epoch: int) -> None:
        """Get ready for the steps of `epoch`: what learns, and at which resolution."""
        freeze = self.recipe.freeze_epochs
        frozen, side = epoch < freeze, schedule.resolution(self.recipe, epoch, self.side)
        self.network.train(not frozen)  # a frozen body keeps its batch statistics, too
        freeze_body(self.network, frozen)
        if self._forward is self.network or epoch == freeze:
            self._forward = self.team.wrap(self.network)
        if self._is_for != (side, frozen):
            self._is_for = side, frozen
            self._take = functools.partial(self._take_plainly, side)
            if self.replays:
                self._take = Replayed(self._take)

    def __call__(self, batch: Batch) -> Tensor:
        """Learn from `batch`; returns its loss, which the next step may overwrite."""
        return self._take(*batch)

    def try_out(self, pictures: int) -> None:
        """Compute the loss and the gradients of so many black pictures; no weight changes."""
        beside.join()  # lets go of what a step that failed has left
        self.optimiser.zero_grad(set_to_none=True)
        count = pictures + (self.recipe.mixup > 0)
        with self.device:
            black = torch.zeros((count, self.side, self.side, 3), dtype=torch.uint8)
            zeros, mix = torch.zeros(count, dtype=torch.int64), torch.ones(())
        self._plain_loss(Batch(black, zeros, zeros, zeros, zeros > 0, mix), self.side).backward()
        beside.join()

    def _take_plainly(self, side: int, *batch: Tensor) -> Tensor:
        self.optimiser.zero_grad(set_to_none=True)
        loss = self._loss(Batch(*batch), side)
        if self.scaler is None:
            loss.backward()
            beside.join()
            self.optimiser.step()
        else:
            self.scaler.scale(loss).backward()
            beside.join()
            self.scaler.step(self.optimiser)
            self.scaler.update()
        return loss.detach()

    def _plain_loss(self, batch: Batch, side: int) -> Tensor:
        with autocast(self.recipe.precision, self.device):
            return batch_loss(self._forward, self.recipe, batch, side)
