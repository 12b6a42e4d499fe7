"""`cil labels`: label sets made, edited, shown and compared, without an experiment."""

import argparse
import logging
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from cil.arguments import refuse_unused
from cil.errors import UserError
from cil.files import path_of, write_frame_csv, write_json, write_parquet, write_text
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
from cil.sources.languages import ENGLISH, names_in
from cil.writing import keep_apart

logger = logging.getLogger(__name__)

STRATEGY, SIZED, LABELS = "people", ("people", "tree-cut"), 488
Writer = Callable[[LabelSet, Sequence[str], Path], None]  # of a label set and its names to show
WRITERS: dict[str, Writer] = {
    ".json": lambda labelset, _, path: write_json(labelset.label_file(), path),
    ".csv": lambda labelset, shown, path: write_frame_csv(labelset.table(shown), path),
    ".parquet": lambda labelset, shown, path: write_parquet(labelset.table(shown), path),
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
        "--language",
        default=ENGLISH,
        metavar="CODE",
        help="show labels in a language of the Open Multilingual Wordnet, such as fra or jpn: in "
        "the column display of --out; default: eng",
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
    parser.add_argument(
        "--html",
        type=path_of,
        metavar="FILE",
        help="write a page to explore and edit it in, beside those of --compare",
    )


def run(arguments: argparse.Namespace) -> int:
    """Make, edit, write and show the label set."""
    keep_apart({"--edit": arguments.edit}, {"--out": arguments.out, "--html": arguments.html})
    if arguments.out and arguments.out.suffix not in WRITERS:
        raise UserError(
            f"--out {arguments.out}: its ending says nothing of what to write; expected one of "
            f"{', '.join(WRITERS)}"
        )
    if arguments.language != ENGLISH and arguments.out and arguments.out.suffix == ".json":
        raise UserError(
            f"--out {arguments.out}: a label file has WordNet's names, in no other --language; "
            "write .csv or .parquet, whose column display is what people are shown"
        )
    if arguments.language != ENGLISH and arguments.html:
        raise UserError(
            f"--language {arguments.language}: the page of --html is in English, as its edits "
            "name labels; leave one of the two out"
        )
    if arguments.show < 0:
        raise UserError(f"--show: found {arguments.show}; expected 0 or more")
    if arguments.base:
        why = "is for a label set that is made, and --base names one that is there"
        refuse_unused(arguments, ("strategy", "labels", "with_other"), why)
    edits = read_edits(arguments.edit) if arguments.edit else {}
    with Ground(_classes(arguments.classes, edits.pop("drop", ()))) as ground:
        labelset, effects = Edits(**edits).apply(_made(ground, arguments))
        shown = _shown(labelset, arguments.language)
        others = {name: _asked(ground.hierarchy, name) for name in arguments.compare}
        for line in _report(labelset, shown, effects, others, arguments.show):
            sys.stdout.write(f"{line}\n")
        if arguments.out:
            WRITERS[arguments.out.suffix](labelset, shown, arguments.out)
            sys.stdout.write(f"written: {arguments.out}\n")
        if arguments.html:
            name = _name(arguments)
            name = f"{name} (first)" if name in others else name
            write_text(_page(ground, {name: labelset, **others}), arguments.html)
            sys.stdout.write(f"written: {arguments.html}\n")
    return 0


def _classes(asked: str, drop: Sequence[str]) -> list[str]:
    if asked == "imagenet-1k" and not drop:
        return list(bundled("classes"))  # no WordNet is needed
    return class_list("synthetic", "", asked, wordnet_folder(), drop)


def _made(ground: Ground, arguments: argparse.Namespace) -> LabelSet:
    if arguments.base:
        return _asked(ground.hierarchy, arguments.base)
    strategy = arguments.strategy or STRATEGY
    keys = {"labels": arguments.labels, "with_other": arguments.with_other}
    given = {key: value for key, value in keys.items() if value is not None}
    if strategy in SIZED:
        given.setdefault("labels", LABELS)
    return ground.make(strategy, given)


def _shown(labelset: LabelSet, language: str) -> tuple[str, ...]:
    if language == ENGLISH:
        return labelset.display
    wnids = [label.wnid for label in labelset.labels if label.wnid]
    names = names_in(language, wnids, wordnet_folder())
    logger.info("%s: names of %d of %d labels", language, len(names), len(labelset))
    return labelset.display_in(names)


def _name(arguments: argparse.Namespace) -> str:
    name = Path(arguments.base).stem if arguments.base else arguments.strategy or STRATEGY
    return f"{name}, edited" if arguments.edit else name


def _page(ground: Ground, labelsets: dict[str, LabelSet]) -> str:
    from cil.labels.audit import audit
    from cil.report.explorer import explorer_page

    words = ground.words()
    findings = {name: audit(labelset, words=words) for name, labelset in labelsets.items()}
    return explorer_page("Label sets", labelsets, findings)


def _asked(hierarchy: Hierarchy, name: str) -> LabelSet:
    table = asked_labels(name)
    table = table[table["wnid"].isin(hierarchy.classes)]
    try:
        return LabelSet(hierarchy, labels_in_table(hierarchy, table))
    except UserError as error:
        raise UserError(f"{name}: {error}") from None


def _report(
    labelset: LabelSet,
    shown: Sequence[str],
    effects: Sequence[Effect],
    others: Mapping[str, LabelSet],
    show: int,
) -> Iterator[str]:
    """What the edits did, the largest labels with their classes, and agreement; a line each."""
    for effect in effects:
        yield str(effect)
    yield f"{len(labelset)} labels of {len(labelset.classes):,} classes"
    width = shutil.get_terminal_size().columns
    order = sorted(range(len(labelset)), key=lambda label: (-labelset.sizes[label], label))
    for label in order[:show]:
        names = ", ".join(map(labelset.hierarchy.name, labelset.groups[label]))
        line = f"  {shown[label]} ({labelset.sizes[label]}): {names}"
        yield line if len(line) <= width else f"{line[: width - 2]} …"
    if len(order) > show > 0:
        yield f"  and {len(order) - show} more"
    for name, reference in others.items():
        yield _compared(labelset, name, reference)


def _compared(labelset: LabelSet, name: str, reference: LabelSet) -> str:
    from cil.labels.agreement import agreement  # its library takes a second to load

    measures = agreement(labelset, reference)
    return (
        f"with {name} ({len(reference)} labels): ARI {measures['ari']:.3f}, without its largest "
        f"label {measures['ari_rest']:.3f}; {100 * measures['same_name']:.1f} % of the classes "
        f"have a label of the same name, {measures['moved']} have other company"
    )
