"""When memory runs out: what would fit."""

import gc
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from cil.errors import UserError

logger = logging.getLogger(__name__)

_MEND = (
    "choose a smaller network (training.width), a smaller dataset.resolution, or a machine with "
    "more memory"
)

# What torch and oneDNN say on a CPU, where there is no class for it. (Of an operation that it
# does not know oneDNN says "could not create a primitive descriptor".)
_SAID = re.compile(
    r"can't allocate memory|could not create a (memory|primitive)\b(?! desc)|bad.alloc"
)


def ran_out(error: Exception) -> bool:
    """Whether `error` says that there is no memory left, of the GPU or of the machine."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and _SAID.search(str(error)) is not None


def let_go() -> None:
    """Free what a step that failed has left behind."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


@contextmanager
def enough_to_begin() -> Iterator[None]:
    """Say in words if memory runs out in the block, which prepares a training."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not ran_out(error):
            raise
        raise UserError(f"training: out of memory before the first step: {_MEND}") from None


def advice(try_step: Callable[[int], None], batch: int, processes: int) -> str:
    """What to tell a person whose steps of `batch` pictures do not fit.

    `try_step` carries out a step of so many pictures and is called with ever fewer of them.
    Processes that train together cannot try alone: they are told to halve.
    """
    message = f"training: out of memory with batch_size {batch}; "
    if processes > 1:
        fits = batch // 2
        message += f"try training.batch_size: {fits}, or more training.processes"
    elif fits := _largest(try_step, batch):
        message += f"training.batch_size: {fits} fits"
    else:
        return message + f"not even two pictures fit: {_MEND}"
    return message + ". Lower learning_rate in the same proportion, to train about as well"


def _largest(try_step: Callable[[int], None], batch: int) -> int:
    """The largest of batch/2, batch/4, … that fits; 0 if none does.

    No less than 2, for a batch norm cannot learn from one picture.
    """
    while (batch := batch // 2) > 1:
        let_go()
        logger.info("out of memory; trying a batch of %d", batch)
        try:
            try_step(batch)
        except (RuntimeError, MemoryError) as error:
            if not ran_out(error):
                raise
        else:
            return batch
    return 0
