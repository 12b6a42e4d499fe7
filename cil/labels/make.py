"""From an entry `labelsets.<name>` of the configuration to its label set."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cil.errors import UserError
from cil.files import read_parquet
from cil.hierarchy import Hierarchy
from cil.labels import automatic, strategies
from cil.labels.label_file import read_label_file
from cil.labels.label_forms import TAKEN
from cil.labels.labelset import Label, LabelSet
from cil.labels.naming import read_naming
from cil.search.familiarity import read_familiarity


def make_labelset(
    hierarchy: Hierarchy, entry: Mapping[str, Any], inputs: Mapping[str, str | Path]
) -> LabelSet:
    """The label set that `entry` asks for, from the files that its strategy reads.

    Args:
        hierarchy: the classes and what lies above them.
        entry: `strategy` and its parameters, as in config/schema.yaml.
        inputs: paths by name: `consensus`, `familiarity`, `file`, `like` or `naming`, as the
            strategy needs.
    """
    parameters = {key: value for key, value in entry.items() if key != "strategy"}
    match entry["strategy"]:
        case "original":
            return strategies.original(hierarchy)
        case "ancestor":
            return strategies.ancestor(hierarchy, **parameters)
        case "search-count":
            return automatic.search_count(
                hierarchy, read_familiarity(inputs["familiarity"]), **parameters
            )
        case "entry-level":
            return automatic.entry_level(
                hierarchy, read_familiarity(inputs["familiarity"]), **parameters
            )
        case "tree-cut":
            return automatic.tree_cut(hierarchy, read_naming(inputs["naming"]), **parameters)
        case "published":
            return strategies.named(hierarchy, _of_these_classes(hierarchy, inputs["file"]))
        case "file":
            return from_file(hierarchy, inputs["file"])
        case "survey":
            return strategies.consensus(
                hierarchy,
                read_parquet(inputs["consensus"], ("wnid", "label", "label_wnid", "simulated")),
            )
        case "random":
            like = LabelSet.read(inputs["like"], hierarchy)
            return strategies.random(hierarchy, like, parameters.get("seed", 0))
        case unknown:
            raise UserError(f"label set: there is no strategy {unknown!r}")


def from_file(hierarchy: Hierarchy, path: str | Path) -> LabelSet:
    """The label set in a file of any form that `cil.labels.label_file` reads.

    Raises UserError, naming the file, if it misses a class, names an unknown one, or is of no form
    that is taken.
    """
    if Path(path).suffix == ".parquet" and "label_index" in read_parquet(path, mend=TAKEN):
        return LabelSet.read(path, hierarchy)  # an artifact of this project, homonyms and all
    try:
        return LabelSet(hierarchy, _labels_of(hierarchy, path))
    except UserError as error:
        raise UserError(str(error) if str(path) in str(error) else f"{path}: {error}") from None


def read_labels(hierarchy: Hierarchy, path: str | Path) -> dict[str, Label]:
    """The labels in a file of any form, by wnid, of whatever classes it has.

    A class whose label is empty is left out, as it has none. Raises UserError, naming the file,
    if it is of no form that is taken, or gives a wnid two labels or one that is no text.
    """
    return {
        wnid: label for wnid, label in _labels_of(hierarchy, path).items() if label.name.strip()
    }


def _labels_of(hierarchy: Hierarchy, path: str | Path) -> dict[str, Label]:
    table = read_label_file(path, hierarchy.names_of_classes)
    synsets = dict(zip(table["wnid"], table["label_wnid"], strict=True))
    labels = strategies.labels_named(
        hierarchy, dict(zip(table["wnid"], table["label"], strict=True))
    )
    return {
        wnid: Label(hierarchy.name(synsets[wnid]), synsets[wnid])
        if synsets[wnid] in hierarchy.synsets
        else label
        for wnid, label in labels.items()
    }


def _of_these_classes(hierarchy: Hierarchy, path: str | Path) -> dict[str, str]:
    """The published labels of this experiment's classes, which may be fewer than 1,000."""
    table = read_label_file(path, hierarchy.names_of_classes)
    names = zip(table["wnid"], table["label"], strict=True)
    return {wnid: name for wnid, name in names if wnid in hierarchy.index}
