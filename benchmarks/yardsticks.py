"""Label sets beside groupings that other people made of ImageNet's classes.

Usage: python benchmarks/yardsticks.py [EXPERIMENT] [FILE …] --breeds FOLDER [--published FILE]

EXPERIMENT is a finished experiment's folder (default: results/default), of which every label set
is judged; FILE is a label file more. Needs the package iirc (`uv run --group benchmarks`).

| judge       | groups of classes, made by                                                       |
|-------------|----------------------------------------------------------------------------------|
| published   | the authors' label file (clustered_imagenet_labels.json)                         |
| iirc        | Abdelsalam et al. 2021 (IIRC), super-classes of ImageNet; the rest stand alone   |
| living17 …  | Santurkar et al. 2021 (BREEDS): classes below the nodes of one level of a         |
|             | hierarchy made by hand, all of them, not the balanced subsets                    |

FOLDER holds class_hierarchy.txt and node_names.txt of BREEDS (MadryLab/BREEDS-Benchmarks,
imagenet_class_hierarchy/modified). A judge speaks of the classes in its groups alone; of those that
are coarser than a label set, homogeneity alone says something.
"""

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pandas

from cil.hierarchy import Hierarchy
from cil.labels.labelset import LabelSet
from cil.labels.named import from_file
from cil.labels.spelling import stem

DOG = "n02084071"
IIRC = "iirc/metadata/iirc_imagenet_hierarchy_wnids.json"
# Name: below which node, at which level, with how many leaves at least.
BREEDS = {
    "entity13": ("n00001740", 3, 20),
    "entity30": ("n00001740", 4, 8),
    "living17": ("n00004258", 5, 4),
    "nonliving26": ("n00021939", 5, 4),
}
Groups = dict[str, str]  # the group's name by wnid


def published(hierarchy: Hierarchy, path: Path) -> Groups:
    """The authors' labels."""
    labelset = from_file(hierarchy, path)
    return {wnid: labelset.label_of(wnid).name for wnid in labelset.classes}


def iirc() -> Groups:
    """IIRC's super-classes; classes without one stand alone, under WordNet's own name."""
    path = Path(distribution("iirc").locate_file(IIRC))
    groups = json.loads(path.read_text(encoding="utf-8"))
    alone = json.loads(
        path.with_name("iirc_imagenet_hierarchy_words.json").read_text(encoding="utf-8")
    )
    found = {wnid: name for name, below in groups["super_classes"].items() for wnid in below}
    names = alone["other_sub_classes"]
    return found | dict(zip(groups["other_sub_classes"], names, strict=True))


class Breeds:
    """The hierarchy that BREEDS made of WordNet's by hand."""

    def __init__(self, folder: Path) -> None:
        lines = (folder / "class_hierarchy.txt").read_text(encoding="utf-8").splitlines()
        self.children: dict[str, list[str]] = defaultdict(list)
        for parent, child in map(str.split, lines):
            self.children[parent].append(child)
        text = (folder / "node_names.txt").read_text(encoding="utf-8")
        self.names = dict(line.split("\t") for line in text.splitlines())
        self.levels: dict[str, int] = {}
        self._descend("n00001740", 0)

    def _descend(self, node: str, level: int) -> None:
        """Levels are longest paths from the root."""
        if level > self.levels.get(node, -1):
            self.levels[node] = level
            for child in self.children[node]:
                self._descend(child, level + 1)

    def leaves(self, node: str) -> set[str]:
        """The classes below a node."""
        below = self.children[node]
        return set().union(*map(self.leaves, below)) if below else {node}

    def below(self, node: str) -> set[str]:
        """All nodes at or below one."""
        return {node}.union(*map(self.below, self.children[node]))

    def groups(self, root: str, level: int, least: int) -> Groups:
        """The classes below the nodes at `level`, each with at least `least`."""
        found: Groups = {}
        for node in sorted(self.below(root)):
            leaves = self.leaves(node)
            if self.levels[node] == level and len(leaves) >= least:
                found |= dict.fromkeys(sorted(leaves), self.names[node])
        return found


def judged(labelset: LabelSet, groups: Mapping[str, str]) -> dict[str, float]:
    """How well a label set keeps to groups, over the classes that are in one.

    `ari_rest`: the adjusted Rand index without the dogs; `same_name`: the share of classes whose
    label is called as their group, in any spelling, or as one of the names in it.
    """
    from sklearn.metrics import adjusted_rand_score, homogeneity_score

    wnids = [wnid for wnid in labelset.classes if wnid in groups]
    theirs = pandas.factorize(np.array([groups[wnid] for wnid in wnids], dtype=object))[0]
    ours = np.array([labelset.label_index[labelset.hierarchy.index[wnid]] for wnid in wnids])
    rest = np.array([DOG not in labelset.hierarchy.ancestors(wnid) for wnid in wnids])
    same = [
        stem(labelset.label_of(wnid).name) in {stem(name) for name in groups[wnid].split(",")}
        for wnid in wnids
    ]
    return {
        "classes": len(wnids),
        "groups": len(set(theirs)),
        "ari": float(adjusted_rand_score(theirs, ours)),
        "ari_rest": float(adjusted_rand_score(theirs[rest], ours[rest])),
        "same_name": float(np.mean(same)),
        "homogeneity": float(homogeneity_score(theirs, ours)),
    }


def main() -> None:
    """Print a table, a row for each judge and label set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment", nargs="?", type=Path, default=Path("results/default"))
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--breeds", type=Path, required=True)
    parser.add_argument("--published", type=Path)
    given = parser.parse_args()
    hierarchy = Hierarchy.read(given.experiment / "hierarchy")
    labels = sorted((given.experiment / "labels").glob("*.parquet"))
    labelsets = {path.stem: LabelSet.read(path, hierarchy) for path in labels}
    labelsets |= {path.stem: from_file(hierarchy, path) for path in given.files}
    mirrored = Path(os.environ.get("CIL_MIRROR", "")) / "clustered_imagenet_labels.json"
    breeds = Breeds(given.breeds)
    judges = {
        "published": published(hierarchy, given.published or mirrored),
        "iirc": iirc(),
        **{name: breeds.groups(*each) for name, each in BREEDS.items()},
    }
    rows = [
        {"judge": judge, "labelset": name, "labels": len(labelset), **judged(labelset, groups)}
        for judge, groups in judges.items()
        for name, labelset in labelsets.items()
    ]
    table = pandas.DataFrame(rows).round(3)
    sys.stdout.write(table.to_string(index=False) + "\n")


if __name__ == "__main__":
    main()
