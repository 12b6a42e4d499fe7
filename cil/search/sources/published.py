"""The authors' snapshot of Google result counts, taken in 2021."""

import math
from pathlib import Path

from cil.errors import UserError
from cil.files import read_json
from cil.search.source import Source


class Published:
    """Google's estimated number of results for each of 1,741 names, from the published file."""

    name = "published"
    released = "2021"

    def __init__(self, path: str | Path) -> None:
        counts = read_json(path)
        if not isinstance(counts, dict):
            raise UserError(f"{path}: expected an object {{name: count}}; fetch the file anew")
        for name, count in counts.items():
            number = isinstance(count, int | float) and not isinstance(count, bool)
            if not number or not math.isfinite(count) or count < 0:
                raise UserError(
                    f"{path}: the count of {name!r} is {count!r}; expected a number of at least "
                    "0; fetch the file anew"
                )
        self._counts = counts

    def count(self, name: str) -> float | None:
        """The published count; None for a name that the authors did not look up."""
        count = self._counts.get(name)
        return None if count is None else float(count)


SOURCE = Source(
    lambda config, environment, files: Published(files["published"]),
    summary="the authors' Google counts of 2021",
    costs="offline",
    unit="Google results, 2021",
    files={"published": "resources/published/class_search_numbers.json"},
)
