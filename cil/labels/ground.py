"""What label sets are made of, for any classes and without an experiment.

It lies in a folder that is laid out like an experiment's, so that strategies find there what they
read. The package brings that of ImageNet's 1,000 classes.
"""

import tempfile
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any

import pandas
import platformdirs

from cil.configuration.config import faults_of
from cil.errors import UserError
from cil.files import read_parquet, write_parquet
from cil.hierarchy import Hierarchy
from cil.labels.closeness import closeness_table
from cil.labels.labelset import LabelSet
from cil.labels.make import STRATEGIES
from cil.labels.naming import naming_table
from cil.labels.words import CLOSENESS, NAMING, Words
from cil.search.counts import count_names
from cil.search.sources.wordfreq import WordFreq
from cil.sources.hypernyms import check_wnids, hierarchy_above
from cil.sources.nouns import Nouns
from cil.sources.wordnet import open_wordnet, provide_wordnet

IMAGENET_1K = Path(str(files("cil.bundled"))) / "imagenet-1k"
_IN_PROJECT = Path("resources/wordnet")


def wordnet_folder() -> Path:
    """A folder with WordNet 3.0: that of a project in this folder, or one in the user's cache.

    Raises UserError if it has to be fetched and can't be.
    """
    if _IN_PROJECT.is_dir():
        return _IN_PROJECT
    folder = platformdirs.user_cache_path("clustered-imagenet-labels") / "wordnet"
    if not folder.is_dir():
        provide_wordnet(folder)
    return folder


class Ground:
    """What label sets of some classes are made of; a context, whose temporary files go at its end.

    Args:
        wnids: the classes, in the order of their index.

    Raises UserError if WordNet 3.0 does not have one of them, or one stands twice.
    """

    def __init__(self, wnids: Sequence[str]) -> None:
        check_wnids(wnids)
        self._temporary: tempfile.TemporaryDirectory | None = None
        bundled = Hierarchy.read(IMAGENET_1K / "hierarchy")
        self._bundled = bundled.index.keys() >= set(wnids)
        if tuple(wnids) == bundled.classes:
            self.folder, self.hierarchy = IMAGENET_1K, bundled
            return
        self._temporary = tempfile.TemporaryDirectory(prefix="cil-labels-")
        self.folder = Path(self._temporary.name)
        self.hierarchy = (
            bundled.restricted(wnids)
            if self._bundled
            else hierarchy_above(wnids, open_wordnet(wordnet_folder()))
        )

    def __enter__(self) -> "Ground":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._temporary:
            self._temporary.cleanup()

    def make(self, strategy: str, keys: Mapping[str, Any]) -> LabelSet:
        """The label set of a strategy, as an experiment makes it with these keys.

        Raises UserError if the strategy needs more than this, or a key is missing, is none of the
        strategy's, or is out of its bounds.
        """
        able = strategies_from(IMAGENET_1K)
        if strategy not in able:
            raise UserError(
                f"strategy {strategy}: is none that needs no experiment; allowed: {', '.join(able)}"
            )
        chosen = STRATEGIES[strategy]
        schema = {
            "type": "object",
            "additionalProperties": False,
            "required": [name for name, each in chosen.keys.items() if each.needed],
            "properties": {name: each.schema for name, each in chosen.keys.items()},
        }
        if faults := faults_of(keys, schema):
            raise UserError(f"strategy {strategy}: {'; '.join(faults)}")
        paths = chosen.paths(keys, str(self.folder))
        for each in chosen.inputs.values():
            self._provide(each.path)
        return chosen.make(self.hierarchy, keys, paths)

    def words(self) -> Words:
        """How the words of these classes and of what lies above them are used."""
        if self._bundled:  # how alike two synsets are does not depend on the other classes
            return Words.of(IMAGENET_1K)
        self._provide(NAMING)
        self._provide(CLOSENESS)
        return Words.of(self.folder)

    def _provide(self, path: str) -> None:
        if (self.folder / path).is_file():
            return
        table = self._naming() if path == NAMING else closeness_table(self.hierarchy, self._nouns)
        write_parquet(table, self.folder / path)

    def _naming(self) -> pandas.DataFrame:
        if self._bundled:  # a name's worth does not depend on the classes
            there = read_parquet(IMAGENET_1K / NAMING)
            return there[there["wnid"].isin(self.hierarchy.synsets)]
        names = {synset.name for synset in self.hierarchy.synsets.values()}
        return naming_table(self.hierarchy, self._nouns, count_names(WordFreq(), names))

    @cached_property
    def _nouns(self) -> Nouns:
        return Nouns(wordnet_folder())


def strategies_from(folder: Path) -> list[str]:
    """The strategies that find all that they read in a folder laid out like an experiment's."""
    return [
        name
        for name, strategy in STRATEGIES.items()
        if all((folder / each.path).is_file() for each in strategy.inputs.values())
    ]
