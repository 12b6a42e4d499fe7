"""WordNet's hierarchy above a list of classes, with every parent kept.

A *class* is a WordNet noun synset that pictures are labelled with; a *synset* here is a class
or an ancestor of one. Synsets are named by their *wnid*, `n` and the eight-digit offset in
WordNet 3.0. Links are hypernyms and instance hypernyms, so a synset may have several parents
and a class several paths to the root.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import networkx
import pandas

from cil.errors import UserError
from cil.files import read_parquet, write_parquet

SYNSET_COLUMNS = ("wnid", "name", "synset", "lemmas", "definition")


@dataclass(frozen=True)
class Synset:
    """One meaning: `n02084071`, "dog", `dog.n.01`, its lemmas and its definition.

    `name` is the first lemma with spaces; names are not unique, wnids are.
    """

    wnid: str
    name: str
    synset: str
    lemmas: tuple[str, ...]
    definition: str


@dataclass(frozen=True)
class Candidate:
    """A label that a class may take: the class or an ancestor, `steps` links above it."""

    wnid: str
    name: str
    steps: int


class Hierarchy:
    """The classes, all their ancestors, and every parent link between them.

    Args:
        classes: wnids in the order of the data set's class index.
        synsets: the classes and all their ancestors, by wnid.
        links: (child, parent, relation) with relation `hypernym` or `instance_hypernym`.

    A pug is a dog and a pet, and both are animals:

    >>> names = {"n1": "animal", "n2": "dog", "n3": "pet", "n4": "pug", "n5": "goldfish"}
    >>> synsets = {wnid: Synset(wnid, name, name, (name,), "") for wnid, name in names.items()}
    >>> above = [("n2", "n1"), ("n3", "n1"), ("n4", "n2"), ("n4", "n3"), ("n5", "n3")]
    >>> hierarchy = Hierarchy(["n4", "n5"], synsets, [(*link, "hypernym") for link in above])
    >>> [(each.name, each.steps) for each in hierarchy.candidates("n4")]
    [('animal', 2), ('pet', 1), ('dog', 1), ('pug', 0)]
    >>> hierarchy.lowest_common_ancestors(["n4", "n5"])
    frozenset({'n3'})
    """

    def __init__(
        self,
        classes: Sequence[str],
        synsets: dict[str, Synset],
        links: Iterable[tuple[str, str, str]],
    ) -> None:
        self.classes = tuple(classes)
        self.synsets = synsets
        self.graph = networkx.DiGraph()  # from parent to child
        self.graph.add_nodes_from(sorted(synsets))
        for child, parent, relation in sorted(links):
            self.graph.add_edge(parent, child, relation=relation)
        self.index = {wnid: index for index, wnid in enumerate(self.classes)}
        self._check()

    def _check(self) -> None:
        strangers = sorted(
            (set(self.classes) | set(self.graph)) ^ (set(self.graph) & set(self.synsets))
        )
        if strangers:
            raise UserError(
                f"hierarchy: {strangers[0]} is a class or an end of a link, but not a synset; "
                "make the hierarchy anew"
            )
        if not networkx.is_directed_acyclic_graph(self.graph):
            cycle = " → ".join(parent for parent, _ in networkx.find_cycle(self.graph))
            raise UserError(f"hierarchy: the parent links form a circle: {cycle}")

    def restricted(self, classes: Sequence[str]) -> "Hierarchy":
        """The hierarchy above a part of its synsets, taken as the classes."""
        kept = frozenset(classes).union(*map(self.ancestors, classes))
        return Hierarchy(
            classes,
            {wnid: synset for wnid, synset in self.synsets.items() if wnid in kept},
            (
                (child, parent, relation)
                for parent, child, relation in self.graph.edges.data("relation")
                if child in kept
            ),
        )

    @cached_property
    def topological_order(self) -> tuple[str, ...]:
        """All wnids, every parent before its children; ties by wnid."""
        return tuple(networkx.lexicographical_topological_sort(self.graph))

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """The wnids without a parent; for ImageNet, `entity` alone."""
        return tuple(wnid for wnid in self.topological_order if not self.parents(wnid))

    def name(self, wnid: str) -> str:
        """The first lemma of a synset, with spaces."""
        return self.synsets[wnid].name

    @cached_property
    def names_of_classes(self) -> dict[str, tuple[str, ...]]:
        """The names of each class, its first lemma first, by wnid in class order."""
        return {
            wnid: tuple(dict.fromkeys([self.name(wnid), *self.synsets[wnid].lemmas]))
            for wnid in self.classes
        }

    def parents(self, wnid: str) -> tuple[str, ...]:
        """The direct hypernyms of a synset, sorted by wnid."""
        return tuple(sorted(self.graph.predecessors(wnid)))

    def children(self, wnid: str) -> tuple[str, ...]:
        """The direct hyponyms of a synset that lie above a class or are one, sorted."""
        return tuple(sorted(self.graph.successors(wnid)))

    def ancestors(self, wnid: str) -> frozenset[str]:
        """All synsets above `wnid`, by any path, without itself."""
        return self._ancestors[wnid]

    @cached_property
    def _ancestors(self) -> dict[str, frozenset[str]]:
        above: dict[str, frozenset[str]] = {}
        for wnid in self.topological_order:
            parents = self.parents(wnid)
            above[wnid] = frozenset(parents).union(*(above[parent] for parent in parents))
        return above

    def descendants(self, wnid: str) -> frozenset[str]:
        """All synsets of this hierarchy below `wnid`, by any path, without itself."""
        return frozenset(networkx.descendants(self.graph, wnid))

    def classes_below(self, wnid: str) -> tuple[str, ...]:
        """The classes at or below `wnid`, in class order."""
        return self._classes_below[wnid]

    @cached_property
    def _classes_below(self) -> dict[str, tuple[str, ...]]:
        below: dict[str, list[str]] = {wnid: [] for wnid in self.synsets}
        for wnid in self.classes:
            for above in self.ancestors(wnid) | {wnid}:
                below[above].append(wnid)
        return {wnid: tuple(classes) for wnid, classes in below.items()}

    def n_classes(self, wnid: str) -> int:
        """How many classes lie at or below `wnid`."""
        return len(self._classes_below[wnid])

    def depth_min(self, wnid: str) -> int:
        """Links on the shortest path up to a root."""
        return self._depths[wnid][0]

    def depth_max(self, wnid: str) -> int:
        """Links on the longest path up to a root."""
        return self._depths[wnid][1]

    @cached_property
    def _depths(self) -> dict[str, tuple[int, int]]:
        depths: dict[str, tuple[int, int]] = {}
        for wnid in self.topological_order:
            above = [depths[parent] for parent in self.parents(wnid)]
            depths[wnid] = (
                min((shortest + 1 for shortest, _ in above), default=0),
                max((longest + 1 for _, longest in above), default=0),
            )
        return depths

    @cached_property
    def heights(self) -> dict[str, int]:
        """Links on the longest path down from each synset; 0 for one without children."""
        heights: dict[str, int] = {}
        for wnid in reversed(self.topological_order):
            heights[wnid] = max((heights[child] + 1 for child in self.children(wnid)), default=0)
        return heights

    def candidates(self, wnid: str) -> tuple[Candidate, ...]:
        """The labels that a class may take, from general to specific, the class itself last.

        An ancestor of another candidate always stands before it. `steps` counts the links
        of the shortest path up from the class.
        """
        return self._candidates[wnid]

    @cached_property
    def _candidates(self) -> dict[str, tuple[Candidate, ...]]:
        candidates = {}
        for wnid in self.synsets:
            steps = self.steps_up(wnid)
            candidates[wnid] = tuple(
                Candidate(above, self.name(above), steps[above])
                for above in sorted(steps, key=self._generality)
            )
        return candidates

    def steps_up(self, wnid: str) -> dict[str, int]:
        """Links on the shortest path from `wnid` up to itself (0) and to each ancestor."""
        steps = {wnid: 0}
        level = [wnid]
        while level:
            level = [parent for child in level for parent in self.parents(child)]
            level = [parent for parent in dict.fromkeys(level) if parent not in steps]
            distance = max(steps.values()) + 1
            steps.update(dict.fromkeys(level, distance))
        return steps

    def _generality(self, wnid: str) -> tuple[int, int, str]:
        return -self.n_classes(wnid), self.depth_max(wnid), wnid

    def common_ancestors(self, wnids: Iterable[str]) -> frozenset[str]:
        """The synsets at or above every one of `wnids`."""
        return frozenset.intersection(*(self.ancestors(wnid) | {wnid} for wnid in wnids))

    def lowest_common_ancestors(self, wnids: Iterable[str]) -> frozenset[str]:
        """The common ancestors that have no common ancestor below them; several are possible."""
        common = self.common_ancestors(wnids)
        return common - frozenset().union(*(self.ancestors(wnid) for wnid in common))

    def write(self, folder: str | Path) -> None:
        """Write `classes`, `synsets`, `edges` and `candidates` as Parquet files to `folder`."""
        for name, frame in self.tables().items():
            write_parquet(frame, Path(folder) / f"{name}.parquet")

    def tables(self) -> dict[str, pandas.DataFrame]:
        """The four artifacts of the hierarchy by name, as `write` writes them."""
        synsets = pandas.DataFrame(
            [self._row(wnid) | {"n_classes": self.n_classes(wnid)} for wnid in sorted(self.graph)]
        )
        classes = pandas.DataFrame(
            [{"index": index} | self._row(wnid) for wnid, index in self.index.items()]
        )
        edges = pandas.DataFrame(
            sorted(
                (child, parent, relation)
                for parent, child, relation in self.graph.edges.data("relation")
            ),
            columns=["child", "parent", "relation"],
        )
        candidates = pandas.DataFrame(
            [
                (wnid, candidate.wnid, candidate.name, candidate.steps)
                for wnid in sorted(self.classes)
                for candidate in self.candidates(wnid)
            ],
            columns=["wnid", "candidate", "name", "steps"],
        )
        return {"classes": classes, "synsets": synsets, "edges": edges, "candidates": candidates}

    def _row(self, wnid: str) -> dict[str, object]:
        synset = self.synsets[wnid]
        return {column: getattr(synset, column) for column in SYNSET_COLUMNS} | {
            "lemmas": list(synset.lemmas),
            "depth_min": self.depth_min(wnid),
            "depth_max": self.depth_max(wnid),
        }

    @classmethod
    def read(cls, folder: str | Path) -> "Hierarchy":
        """The hierarchy that `write` left in `folder`; UserError if a file is missing or odd."""
        folder = Path(folder)
        synsets = read_parquet(folder / "synsets.parquet", SYNSET_COLUMNS)
        edges = read_parquet(folder / "edges.parquet", ("child", "parent", "relation"))
        classes = read_parquet(folder / "classes.parquet", ("index", "wnid"))
        classes = classes.sort_values("index")
        if classes["index"].tolist() != list(range(len(classes))):
            raise UserError(
                f"{folder / 'classes.parquet'}: column index is not 0 to {len(classes) - 1}, each "
                "once; delete the file and run again"
            )
        return cls(
            classes["wnid"].tolist(),
            {
                row.wnid: Synset(row.wnid, row.name, row.synset, tuple(row.lemmas), row.definition)
                for row in synsets[list(SYNSET_COLUMNS)].itertuples(index=False)
            },
            edges[["child", "parent", "relation"]].itertuples(index=False, name=None),
        )
