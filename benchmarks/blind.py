"""Grade label sets without knowing whose they are: every label and its classes, mixed.

Usage: python benchmarks/blind.py mix EXPERIMENT FOLDER FILE …   (label files, .json or .parquet)
       python benchmarks/blind.py score EXPERIMENT FOLDER FILE …  (the same, in any order)

`mix` writes FOLDER/pairs.csv: a row for each label with its classes, from whichever set, once where
several have it; classes alone under a name of their own and the label "other" are left out. The
reader writes into the column `bad`: x where the label is no word that people would say for all of
them, or the wnids of those that do not belong. `score` prints, for each file, how many labels are
bad and how many classes stand under a bad label, or themselves do not belong.
"""

import argparse
import hashlib
import re
import sys
from pathlib import Path

import pandas

from cil.hierarchy import Hierarchy
from cil.labels.labelset import LabelSet
from cil.labels.named import from_file

OTHER = "other"


def pairs(labelset: LabelSet) -> dict[str, tuple[str, tuple[str, ...]]]:
    """What is to be graded of a label set, by a number that says nothing of its origin."""
    found = {}
    for label, classes in zip(labelset.labels, labelset.groups, strict=True):
        own = len(classes) == 1 and label.wnid == classes[0]
        if not own and label.name != OTHER:
            key = hashlib.sha256(" ".join((label.name, *classes)).encode()).hexdigest()[:8]
            found[key] = (label.name, classes)
    return found


def mix(hierarchy: Hierarchy, labelsets: dict[str, LabelSet], folder: Path) -> None:
    """Write the pairs of all sets, in the order of their numbers."""
    mixed = {key: pair for each in labelsets.values() for key, pair in pairs(each).items()}
    rows = [
        (key, "", name, "; ".join(f"{wnid} {hierarchy.name(wnid)}" for wnid in classes))
        for key, (name, classes) in sorted(mixed.items())
    ]
    folder.mkdir(parents=True, exist_ok=True)
    columns = ["pair", "bad", "label", "classes"]
    pandas.DataFrame(rows, columns=columns).to_csv(folder / "pairs.csv", index=False)
    sys.stdout.write(f"{folder / 'pairs.csv'}: {len(rows)} pairs to grade\n")


def score(labelsets: dict[str, LabelSet], folder: Path) -> None:
    """Print the share of badly labelled classes outside `other`, by set."""
    graded = pandas.read_csv(folder / "pairs.csv", dtype=str, keep_default_na=False)
    grades = dict(zip(graded["pair"], graded["bad"], strict=True))
    for name, labelset in labelsets.items():
        bad, classes = 0, 0
        for key, (_, company) in pairs(labelset).items():
            wrong = re.findall(r"n\d{8}", grades[key])
            bad += bool(grades[key].strip())
            classes += len(wrong) if wrong else len(company) * bool(grades[key].strip())
        other = sum(
            len(company)
            for label, company in zip(labelset.labels, labelset.groups, strict=True)
            if label.name == OTHER
        )
        rest = len(labelset.classes) - other
        sys.stdout.write(
            f"{name:20} {len(labelset):4} labels, {bad:3} bad, {classes / rest:6.1%} of classes "
            f"outside other, {other / len(labelset.classes):6.1%} in other\n"
        )


def main() -> None:
    """Mix label sets for a reader, or score what the reader wrote."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["mix", "score"])
    parser.add_argument("experiment", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("files", nargs="+", type=Path)
    given = parser.parse_args()
    hierarchy = Hierarchy.read(given.experiment / "hierarchy")
    labelsets = {str(path): from_file(hierarchy, path) for path in given.files}
    if given.what == "mix":
        mix(hierarchy, labelsets, given.folder)
    else:
        score(labelsets, given.folder)


if __name__ == "__main__":
    main()
