"""What is said where a package lacks that only a part of the library needs."""

from collections.abc import Iterator
from contextlib import contextmanager

from cil.errors import UserError


@contextmanager
def the_extra_labels(what: str) -> Iterator[None]:
    """Turn a failed import into UserError with what to install, for `what` a person asked."""
    try:
        yield
    except ImportError as error:
        raise UserError(
            f"{what}: needs {error.name}, which is not installed; run: pip install "
            "'clustered-imagenet-labels[labels]'"
        ) from None
