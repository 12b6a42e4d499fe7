"""What the survey knows of an experiment: classes, candidates, counts, pictures, and its votes."""

from dataclasses import dataclass
from pathlib import Path

from cil.errors import UserError
from cil.files import read_parquet
from cil.hierarchy import Hierarchy
from cil.survey.board import Board
from cil.survey.pictures import Pictures
from cil.survey.store import Store

_UNITS = ((1e9, "B"), (1e6, "M"), (1e3, "K"))


@dataclass(frozen=True)
class Survey:
    """Everything that the pages show."""

    name: str
    hierarchy: Hierarchy
    counts: dict[str, float]
    counted: str  # what a count is of, in words
    pictures: Pictures
    store: Store
    board: Board

    @classmethod
    def open(cls, experiment: str | Path, database: str = "", create: bool = False) -> "Survey":
        """The survey of the experiment in a folder `results/<name>`, with its votes.

        `database` is a file or URL; without it `surveys/<name>.sqlite` in the current folder.
        One that isn't there is made with `create` alone.
        Raises UserError if the folder holds no hierarchy, or the database is another survey's.
        """
        experiment = Path(experiment)
        folder = experiment / "hierarchy"
        if not (folder / "classes.parquet").exists():
            raise UserError(
                f"--experiment {experiment}: there is no {folder}/classes.parquet; give the folder "
                "of an experiment whose hierarchy is made, such as results/default "
                "(`uv run snakemake --cores all` makes it)"
            )
        hierarchy = Hierarchy.read(folder)
        name = experiment.resolve().name
        counts, counted = _counts(experiment / "search" / "counts.parquet")
        store = Store(database or f"surveys/{name}.sqlite", create)
        store.bind(hierarchy)
        pictures = Pictures(experiment / "images")
        return cls(name, hierarchy, counts, counted, pictures, store, Board(store, hierarchy))

    def count(self, name: str) -> str:
        """How often a name is found, as people read it: 2.9B, 63.1M, 840."""
        count = self.counts.get(name)
        return "" if count is None else readable(count)


def _counts(path: Path) -> tuple[dict[str, float], str]:
    if not path.exists():
        return {}, ""
    table = read_parquet(path, ("name", "source", "count")).dropna(subset=["count"])
    source = table["source"].iloc[0] if len(table) else ""
    counted = "times in a billion words" if source == "wordfreq" else "results of a web search"
    return dict(zip(table["name"], table["count"], strict=True)), counted


def readable(count: float) -> str:
    """A count in three digits at most: 2.9B, 63.1M, 126K, 840."""
    for size, unit in _UNITS:
        # 999,950 would round to 1000.0K, which is a million.
        if count >= size * 0.9995:
            number = count / size
            text = f"{number:.0f}" if number >= 99.95 else f"{number:.1f}"
            return text.removesuffix(".0") + unit
    return f"{count:.0f}"
