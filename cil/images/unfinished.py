"""What was decoded before damaged pictures ended a run, kept for the next one."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from cil.errors import UserError

_SHOWN = 20


class DamagedPictures(UserError):
    """Pictures that cannot be used: `faults` has a line for each."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = list(faults)
        count = len(self.faults)
        heading = [f"{count:,} pictures cannot be used:"] if count > 1 else []
        more = [f"and {count - _SHOWN:,} more"] if count > _SHOWN else []
        lines = "\n  - ".join([*heading, *self.faults[:_SHOWN], *more])
        end = "\nreplace or remove them" if heading else "; replace or remove it"
        super().__init__(f"{lines}{end}; what was decoded is kept for the next run")


class Unfinished:
    """The pictures of an image store in `folder` that could not be finished.

    Args:
        side: of every picture in pixels.
        maker: what decoded them; those that another maker decoded are not used.
    """

    def __init__(self, folder: str | Path, side: int, maker: str) -> None:
        self.folder = Path(folder) / ".unfinished"
        self.side, self.maker = side, maker

    def keep(self, split: str, file: Path, offset: int, versions: Sequence[str]) -> None:
        """Take over `file`, whose pictures begin at byte `offset` and are of these `versions`."""
        self.folder.mkdir(exist_ok=True)
        notes = {"side": self.side, "maker": self.maker, "offset": offset}
        self._notes(split).unlink(missing_ok=True)
        shutil.move(file, self.folder / f"{split}.npy")  # perhaps from another disk
        self._notes(split).write_text(json.dumps({**notes, "versions": list(versions)}))

    def finder(self, split: str) -> Callable[[str], np.ndarray | None]:
        """A function from the version of a picture file to its pixels, if they were kept."""
        try:
            notes = json.loads(self._notes(split).read_text())
            if (notes["side"], notes["maker"]) != (self.side, self.maker):
                return lambda version: None
            rows = {version: row for row, version in enumerate(notes["versions"])}
            pictures = np.memmap(
                self.folder / f"{split}.npy",
                np.uint8,
                "r",
                notes["offset"],
                (len(rows), self.side, self.side, 3),
            )
        except (OSError, ValueError, KeyError, TypeError):  # none, or not whole
            return lambda version: None
        return lambda version: pictures[rows[version]] if version in rows else None

    def remove(self) -> None:
        """Forget them."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _notes(self, split: str) -> Path:
        return self.folder / f"{split}.json"
