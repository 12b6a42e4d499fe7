"""From an entry `labelsets.<name>` of the configuration to its label set."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cil.errors import UserError
from cil.files import read_parquet
from cil.hierarchy import Hierarchy
from cil.labels import automatic, strategies
from cil.labels.label_file import read_label_table, read_names
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
    """The label set in a file: JSON {wnid: label name}, or this project's Parquet table.

    Raises UserError, naming the file, if it misses a class, names an unknown one, or is not
    of either form.
    """
    if Path(path).suffix == ".parquet":
        return LabelSet.read(path, hierarchy)
    names = read_names(path)
    try:
        return strategies.named(hierarchy, names)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def read_labels(hierarchy: Hierarchy, path: str | Path) -> dict[str, Label]:
    """The labels in a file of either form, by wnid, of whatever classes it has.

    A class whose label is empty is left out, as it has none. Raises UserError, naming the file,
    if it is of neither form, or gives a wnid two labels or one that is no text.
    """
    if Path(path).suffix == ".parquet":
        table = read_label_table(path)
        synsets = dict(zip(table["wnid"], table["label_wnid"], strict=True))
        names = dict(zip(table["wnid"], table["label"], strict=True))
    else:
        synsets, names = {}, read_names(path)
    labels = strategies.labels_named(
        hierarchy, {wnid: name for wnid, name in names.items() if name.strip()}
    )
    return {
        wnid: Label(hierarchy.name(synsets[wnid]), synsets[wnid])
        if synsets.get(wnid) in hierarchy.synsets
        else label
        for wnid, label in labels.items()
    }


def _of_these_classes(hierarchy: Hierarchy, path: str | Path) -> dict[str, str]:
    """The published labels of this experiment's classes, which may be fewer than 1,000."""
    return {wnid: name for wnid, name in read_names(path).items() if wnid in hierarchy.index}
