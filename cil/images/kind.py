"""What a kind of data set is: where pictures come from, in one file under cil/images/kinds/.

The file `my_kind.py` there is the kind `my-kind`. Its `KIND` says what it is, how its pictures are
opened and what keys of the configuration it has; nothing else has to know of it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cil.images.store import Chunk

Splits = Mapping[str, Iterable[Chunk]]
Known = Callable[[str], Callable[[str], np.ndarray | None]]
Opened = tuple[Splits, dict[str, Any]]  # the pictures, and what meta.json says of them


@dataclass(frozen=True)
class Raw:
    """What pictures are made from.

    Attributes:
        path: `dataset.path`, or where the downloaded file lies.
        wnids: the classes, in the order of their index.
        side: of the prepared pictures, in pixels.
        known: gives of a split the pixels that were decoded before, by the version of their file.
        keys: the kind's own section of the configuration.
        files: the paths of `Kind.files`.
        threads: pictures decoded at a time; as many as there are cores if None.
    """

    path: str
    wnids: list[str]
    side: int
    known: Known
    keys: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    threads: int | None = None


@dataclass(frozen=True)
class Kind:
    """What the configuration and the steps need to know of a kind of data set.

    Attributes:
        open: the pictures while they are read, and what is said of them. Raises UserError that
            names the file and the reason wherever raw pictures are not as they should be.
        summary: a phrase for the configuration's reference.
        in_words: the data set, for captions of tables.
        keys: a dataclass whose fields are the keys of its section `dataset.<name>`.
        archive: the download that is read where `dataset.path` is empty.
        generated: whether it needs no raw pictures.
        files: what else it reads, within the experiment's folder or from resources/ on.
        classes: the wnids of the classes that the pictures at a path bring, if they do.
        parts: what is read of the folder at a path for these classes, relative to it; all if None.
    """

    open: Callable[[Raw], AbstractContextManager[Opened]]
    summary: str
    in_words: str
    keys: type | None = None
    archive: str = ""
    generated: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    classes: Callable[[str], Iterable[str]] | None = None
    parts: Callable[[str, Sequence[str]], list[str]] | None = None

    @property
    def needs_path(self) -> bool:
        """Whether a person must say where the raw pictures are."""
        return not self.generated and not self.archive


def about(description: str, source: str, **more: Any) -> dict[str, Any]:
    """What meta.json says of pictures that are photographs."""
    return {"synthetic": False, "description": description, "source": str(source), **more}
