"""Several processes that share one training, each with its slice of every batch."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from cil.errors import UserError


@dataclass(frozen=True)
class Team:
    """The place of this process among `size` that train one network together.

    All have the same weights, the same plan of every epoch, and of each batch an equal slice;
    gradients are averaged, and batch norms see the whole batch: what they learn is what one
    process would learn. A team of one communicates with nobody.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0  # among those of this machine: the number of the GPU

    @classmethod
    def of_environment(cls) -> "Team":
        """What torchrun says in the environment; a team of one where it says nothing."""
        said = {"RANK": 0, "WORLD_SIZE": 1, "LOCAL_RANK": 0}
        return cls(*(int(os.environ.get(key, alone)) for key, alone in said.items()))

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes files."""
        return self.rank == 0

    @contextmanager
    def together(self, device: torch.device) -> Iterator[None]:
        """Within the block the processes can communicate."""
        if self.size == 1:
            yield
            return
        # Host tensors go by gloo on every machine: what is agreed on waits for no GPU.
        backends = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        dist.init_process_group(backends)
        try:
            yield
        finally:
            dist.destroy_process_group()

    def share(self, batch: int) -> int:
        """How many of the pictures of a batch each process takes."""
        if batch % self.size:
            raise UserError(
                f"training.batch_size: {batch} pictures cannot be shared equally by {self.size} "
                f"processes; choose a multiple of {self.size}, or another training.processes"
            )
        return batch // self.size

    def prepare(self, network: nn.Module, device: torch.device) -> nn.Module:
        """The network with batch norms that see the whole batch."""
        if self.size == 1:
            return network
        if device.type == "cuda":
            return _convert_for_cuda(network)
        return _convert_for_cpu(network)

    def wrap(self, network: nn.Module) -> nn.Module:
        """The network, its gradients averaged over the team as they are computed.

        To be called anew when other parameters than before want gradients.
        """
        if self.size == 1:
            return network
        # Batch statistics are equal everywhere without sending them.
        return DistributedDataParallel(
            network, forward_sync_buffers=False, gradient_as_bucket_view=True
        )

    def mean(self, values: Tensor) -> Tensor:
        """The mean of every process's `values`."""
        return self.sum(values) / self.size

    def sum(self, values: Tensor) -> Tensor:
        """The sum of every process's `values`."""
        if self.size > 1:
            values = values.clone()
            dist.all_reduce(values)
        return values

    def any(self, true: bool) -> bool:
        """Whether it is true in any process; each must ask."""
        if self.size == 1:
            return true
        return bool(self.sum(torch.tensor(int(true))).item())


class WholeBatchNorm(nn.BatchNorm2d):
    """Batch norm over the batch of the whole team, on the CPU (torch's own is for GPUs alone)."""

    num_batches_tracked: Tensor
    running_mean: Tensor
    running_var: Tensor
    momentum: float

    def forward(self, inputs: Tensor) -> Tensor:
        """Normalise `inputs` (N×C×H×W), equally many in every process."""
        if not self.training:
            return super().forward(inputs)
        values, size = inputs.float(), dist.get_world_size()
        mean = _Sum.apply(values.mean((0, 2, 3))) / size
        centred = values - mean[:, None, None]
        variance = _Sum.apply(centred.square().mean((0, 2, 3))) / size
        self._remember(mean.detach(), variance.detach(), size * values[:, 0].numel())
        scale = self.weight * torch.rsqrt(variance + self.eps)
        normal = centred * scale[:, None, None] + self.bias[:, None, None]
        return normal.to(inputs.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, count: int) -> None:
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * (count / (count - 1)), self.momentum)


class _Sum(torch.autograd.Function):
    """The sum over the team; the gradient is the sum of all processes' gradients."""

    @staticmethod
    def forward(_: Any, values: Tensor) -> Tensor:
        values = values.clone()
        dist.all_reduce(values)
        return values

    @staticmethod
    def backward(_: Any, gradient: Tensor) -> Tensor:
        return _Sum.forward(None, gradient)


def _convert_for_cuda(network: nn.Module) -> nn.Module:
    if any(type(module).__module__.startswith("timm.") for module in network.modules()):
        from timm.layers import convert_sync_batchnorm  # knows timm's norms with activation

        return convert_sync_batchnorm(network)
    return nn.SyncBatchNorm.convert_sync_batchnorm(network)


def _convert_for_cpu(network: nn.Module) -> nn.Module:
    for name, module in network.named_modules():
        if type(module) is nn.BatchNorm2d and module.affine and module.momentum:
            module.__class__ = WholeBatchNorm
        elif isinstance(module, nn.modules.batchnorm._BatchNorm):
            raise UserError(
                f"training.processes: layer {name}, a {type(module).__name__}, cannot see the "
                "whole batch on a CPU; train in one process, or on GPUs"
            )
    return network
