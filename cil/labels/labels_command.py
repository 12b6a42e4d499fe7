"""`cil labels`: label sets made, edited, shown and compared, without an experiment."""

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from cil.arguments import refuse_unused
from cil.errors import UserError
from cil.files import path_of, write_frame_csv, write_json, write_parquet
from cil.hierarchy import Hierarchy
from cil.images.class_list import class_list
from cil.images.named_lists import NAMED_LISTS
from cil.labels.asked import asked_labels
from cil.labels.class_names import bundled
from cil.labels.edits import Edits, Effect
from cil.labels.edits_file import read_edits
from cil.labels.ground import Ground, wordnet_folder
from cil.labels.labelset import LabelSet
from cil.labels.named import labels_in_table
from cil.writing import keep_apart

STRATEGY, SIZED, LABELS = "people", ("people", "tree-cut"), 488
WRITERS: dict[str, Callable[[LabelSet, Path], None]] = {
    ".json": lambda labelset, path: write_json(labelset.label_file(), path),
    ".csv": lambda labelset, path: write_frame_csv(labelset.table(), path),
    ".parquet": lambda labelset, path: write_parquet(labelset.table(), path),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--strategy",
        metavar="NAME",
        help=f"how to make it: people, tree-cut or original; default: {STRATEGY}",
    )
    parser.add_argument(
        "--labels",
        type=int,
        metavar="N",
        help=f"how many labels to make, for people and tree-cut; default: {LABELS}",
    )
    parser.add_argument(
        "--with-other",
        action="store_const",
        const=True,
        help="people: what no label fits goes to a label other, one of the N",
    )
    parser.add_argument(
        "--base",
        metavar="NAME",
        help="begin with a label set that is there: published, or a file, as for `cil audit`",
    )
    parser.add_argument(
        "--classes",
        default="imagenet-1k",
        metavar="LIST",
        help=f"{', '.join(NAMED_LISTS)}, or a text file whose lines begin with a wnid; "
        "default: imagenet-1k",
    )
    parser.add_argument(
        "--edit",
        type=path_of,
        metavar="FILE",
        help="edits as YAML: drop, split, keep, merge, other, rename, as strategy edited has them "
        "in config/schema.yaml",
    )
    parser.add_argument(
        "--compare",
        nargs="+",
        default=[],
        metavar="NAME",
        help="say how far it agrees with these: published, original, or label files",
    )
    parser.add_argument(
        "--show",
        type=int,
        default=20,
        metavar="N",
        help="how many labels to list, the largest first; default: 20",
    )
    parser.add_argument(
        "--out",
        type=path_of,
        metavar="FILE",
        help="write {wnid: label} (.json), or a row per class (.csv, .parquet)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Make, edit, write and show the label set."""
    keep_apart({"--edit": arguments.edit}, {"--out": arguments.out})
    if arguments.out and arguments.out.suffix not in WRITERS:
        raise UserError(
            f"--out {arguments.out}: its ending says nothing of what to write; expected one of "
            f"{', '.join(WRITERS)}"
        )
    if arguments.base:
        why = "is for a label set that is made, and --base names one that is there"
        refuse_unused(arguments, ("strategy", "labels", "with_other"), why)
    edits = read_edits(arguments.edit) if arguments.edit else {}
    labelset, effects = made(arguments, edits)
    for line in _report(labelset, effects, arguments.show):
        sys.stdout.write(f"{line}\n")
    for name in arguments.compare:
        sys.stdout.write(f"{_compared(labelset, name)}\n")
    if arguments.out:
        WRITERS[arguments.out.suffix](labelset, arguments.out)
        sys.stdout.write(f"written: {arguments.out}\n")
    return 0


def made(arguments: argparse.Namespace, edits: dict[str, Any]) -> tuple[LabelSet, list[Effect]]:
    """The label set that the arguments ask for after the edits, and what these did."""
    drop = edits.pop("drop", ())
    wnids = (
        list(bundled("classes"))
        if arguments.classes == "imagenet-1k" and not drop
        else class_list("synthetic", "", arguments.classes, wordnet_folder(), drop)
    )
    with Ground(wnids) as ground:
        if arguments.base:
            labelset = _asked(ground.hierarchy, arguments.base)
        else:
            strategy = arguments.strategy or STRATEGY
            keys = {"labels": arguments.labels, "with_other": arguments.with_other}
            given = {key: value for key, value in keys.items() if value is not None}
            if strategy in SIZED:
                given.setdefault("labels", LABELS)
            labelset = ground.make(strategy, given)
        return Edits(**edits).apply(labelset)


def _asked(hierarchy: Hierarchy, name: str) -> LabelSet:
    table = asked_labels(name)
    table = table[table["wnid"].isin(hierarchy.classes)]
    try:
        return LabelSet(hierarchy, labels_in_table(hierarchy, table))
    except UserError as error:
        raise UserError(f"{name}: {error}") from None


def _report(labelset: LabelSet, effects: Sequence[Effect], show: int) -> Iterator[str]:
    """What the edits did, and the largest labels with their classes, a line each."""
    for effect in effects:
        yield str(effect)
    yield f"{len(labelset)} labels of {len(labelset.classes):,} classes"
    width = shutil.get_terminal_size().columns
    order = sorted(range(len(labelset)), key=lambda label: (-labelset.sizes[label], label))
    for label in order[:show]:
        names = ", ".join(map(labelset.hierarchy.name, labelset.groups[label]))
        line = f"  {labelset.display[label]} ({labelset.sizes[label]}): {names}"
        yield line if len(line) <= width else f"{line[: width - 2]} …"
    if len(order) > show > 0:
        yield f"  and {len(order) - show} more"


def _compared(labelset: LabelSet, name: str) -> str:
    from cil.labels.agreement import agreement  # its library takes a second to load

    reference = _asked(labelset.hierarchy, name)
    measures = agreement(labelset, reference)
    return (
        f"with {name} ({len(reference)} labels): ARI {measures['ari']:.3f}, without its largest "
        f"label {measures['ari_rest']:.3f}; {100 * measures['same_name']:.1f} % of the classes "
        f"have a label of the same name, {measures['moved']} have other company"
    )
