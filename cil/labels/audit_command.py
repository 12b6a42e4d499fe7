"""`cil audit`: what may be wrong with a label file, wherever it came from."""

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from cil.errors import UserError
from cil.files import path_of, write_frame_csv, write_text
from cil.hierarchy import Hierarchy
from cil.labels.asked import EXPERIMENT
from cil.labels.audit import KINDS, audit, audit_classes, audit_table
from cil.labels.findings import Finding
from cil.labels.ground import IMAGENET_1K
from cil.labels.labelset import LabelSet
from cil.labels.named import read_labels
from cil.labels.words import CLOSENESS, NAMING, Words
from cil.writing import keep_apart

logger = logging.getLogger(__name__)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "labels", type=path_of, help="label set: {wnid: label} as JSON or YAML, a table, or a list"
    )
    parser.add_argument(
        "--experiment",
        type=path_of,
        metavar="RESULTS",
        help="the folder results/<experiment> whose classes are to be labelled; "
        "default: results/default if it is there, else ImageNet's 1,000 classes",
    )
    parser.add_argument("--csv", type=path_of, metavar="FILE", help="also write a row per finding")
    parser.add_argument("--html", type=path_of, metavar="FILE", help="also write a page to read")


def run(arguments: argparse.Namespace) -> int:
    """Show all findings; they are questions to a person, so the exit status stays 0."""
    keep_apart(
        {"the label file": arguments.labels}, {"--csv": arguments.csv, "--html": arguments.html}
    )
    experiment = arguments.experiment or (EXPERIMENT if EXPERIMENT.is_dir() else IMAGENET_1K)
    hierarchy, words = _hierarchy(experiment), Words.read(experiment)
    if words is None:
        logger.warning(
            "rare words and odd company are not looked for: %s has not both %s and %s, which are "
            "made for strategy people",
            *(experiment, NAMING, CLOSENESS),
        )
    findings, labels = audit_file(hierarchy, arguments.labels, words)
    for line in _shown(arguments.labels, len(labels.classes), len(labels), findings):
        sys.stdout.write(f"{line}\n")
    name = arguments.labels.stem
    table = audit_table(hierarchy, {name: findings})
    if arguments.csv:
        write_frame_csv(table, arguments.csv)
    if arguments.html:
        from cil.report.labelsets import audit_page

        write_text(audit_page(table, [name], KINDS), arguments.html)
    return 0


def audit_file(
    hierarchy: Hierarchy, path: Path, words: Words | None = None
) -> tuple[list[Finding], LabelSet]:
    """The findings on a label file, and its labels of those classes that it and we know.

    `words` says how the words of the hierarchy are used.
    Raises UserError if it is no label file, or has no class of the experiment at all.
    """
    labels = read_labels(hierarchy, path)
    known = [wnid for wnid in hierarchy.classes if wnid in labels]
    if not known:
        raise UserError(
            f"{path}: none of its {len(labels)} wnids is a class of the experiment; "
            "name the right one with --experiment"
        )
    labelset = LabelSet(hierarchy.restricted(known), {wnid: labels[wnid] for wnid in known})
    names = {wnid: label.name for wnid, label in labels.items()}
    return [*audit_classes(hierarchy, names), *audit(labelset, words=words)], labelset


def _hierarchy(experiment: Path) -> Hierarchy:
    folder = experiment / "hierarchy"
    if not folder.is_dir():
        raise UserError(
            f"{folder}: there is no such folder; run the experiment first, or name another "
            "with --experiment"
        )
    return Hierarchy.read(folder)


def _shown(path: Path, classes: int, labels: int, findings: Sequence[Finding]) -> Iterator[str]:
    yield f"{path}: labels {labels:,}, classes {classes:,}, findings {len(findings):,}"
    for kind, group in groupby(findings, key=lambda finding: finding.finding):
        members = list(group)
        yield f"\n{kind} ({len(members)}): {KINDS[kind]}"
        for each in members:
            yield f"  {each.label}: {each.detail}; {each.suggestion}"
