"""A step of training as one CUDA graph: all of its kernels are launched at once."""

from collections.abc import Callable

import torch
from torch import Tensor

from cil.errors import UserError

WARM_UP = 3  # steps before the graph: they compile, choose algorithms and make the momenta


class Replayed:
    """A step, captured once and replayed.

    Launched one by one, the few hundred kernels of a step keep the host busy for longer than
    the GPU. The first steps are launched so, and are as real as the others: a graph is the same
    work on the same tensors, whose values alone may change. A step that works on other tensors
    or with other constants wants a graph of its own.
    """

    def __init__(self, step: Callable[..., Tensor]) -> None:
        """`step` takes tensors, all on the GPU and of the same shapes each time; gives one."""
        self._step = step
        self._stream = torch.cuda.Stream()
        self._graph: torch.cuda.CUDAGraph | None = None
        self._given: tuple[Tensor, ...] = ()
        self._warm_up = WARM_UP

    def __call__(self, *given: Tensor) -> Tensor:
        """Carry out a step; what it gives is overwritten by the next."""
        if self._warm_up:
            self._warm_up -= 1
            return self._on_the_side(given)
        if self._graph is None:
            self._capture(given)
        for kept, new in zip(self._given, given, strict=True):
            kept.copy_(new, non_blocking=True)
        assert self._graph is not None
        self._graph.replay()
        return self._result

    def _on_the_side(self, given: tuple[Tensor, ...]) -> Tensor:
        """Launch a step kernel by kernel, in the stream that will be captured."""
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            result = self._step(*given)
        torch.cuda.current_stream().wait_stream(self._stream)
        return result

    def _capture(self, given: tuple[Tensor, ...]) -> None:
        self._given = tuple(tensor.clone() for tensor in given)
        self._graph = torch.cuda.CUDAGraph()
        try:
            # Threads that send pictures and draw plans go on meanwhile.
            with torch.cuda.graph(
                self._graph, stream=self._stream, capture_error_mode="thread_local"
            ):
                self._result = self._step(*self._given)
        except RuntimeError as error:
            if isinstance(error, torch.OutOfMemoryError):
                raise
            raise UserError(
                f"training: this network's step cannot become a CUDA graph ({error}); "
                "set training.graph: false"
            ) from error
