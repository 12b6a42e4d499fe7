"""Grade label sets without knowing whose they are: every label and its classes, mixed.

Usage: python -m benchmarks.blind mix EXPERIMENT FOLDER FILE …   (label files, .json or .parquet)
       python -m benchmarks.blind score EXPERIMENT FOLDER FILE …  (the same, in any order)
       python -m benchmarks.blind detect EXPERIMENT FOLDER FILE …

`mix` writes FOLDER/pairs.csv: a row for each label with its classes, from whichever set, once where
several have it; classes alone under a name of their own and the label "other" are left out. The
reader writes into the column `bad`: x where the label is no word that people would say for all of
them, or the wnids of those that do not belong. `score` prints, for each file, how many labels are
bad and how many classes stand under a bad label, or themselves do not belong. `detect` says how
many of these the audit finds, and how many of its findings are among them: of classes, each once
for each pair, on either half of the labels and on all.

`benchmarks/graded` holds the grades of one reader, by the pairs' numbers.
"""

import argparse
import hashlib
import re
import sys
from pathlib import Path

import pandas

from cil.hierarchy import Hierarchy
from cil.labels.audit import KINDS, audit
from cil.labels.labelset import OTHER, LabelSet
from cil.labels.named import from_file
from cil.labels.words import Words


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


def detect(labelsets: dict[str, LabelSet], folder: Path, words: Words) -> None:
    """Print precision and recall of the audit's kinds of findings over the graded pairs."""
    graded = pandas.read_csv(folder / "pairs.csv", dtype=str, keep_default_na=False)
    grades = dict(zip(graded["pair"], graded["bad"], strict=True))
    rows = {}
    for labelset in labelsets.values():
        kinds: dict[str, set[str]] = {}
        for finding in audit(labelset, words=words):
            for wnid in finding.classes:
                kinds.setdefault(wnid, set()).add(finding.finding)
        for key, (name, company) in pairs(labelset).items():
            wrong = re.findall(r"n\d{8}", grades[key]) or (company if grades[key].strip() else ())
            half = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2
            for wnid in company:
                rows[key, wnid] = (half, wnid in wrong, kinds.get(wnid, set()))
    table = pandas.DataFrame(rows.values(), columns=["half", "bad", "kinds"])
    by_words = {"rare word", "rarer meaning", "odd company"}
    for kinds in (*[{kind} for kind in KINDS], by_words, by_words | {"not an ancestor"}):
        found = table["kinds"].map(lambda has, kinds=kinds: bool(has & kinds))
        if not found.any():
            continue
        sys.stdout.write(f"{' + '.join(sorted(kinds)):58}")
        for part in (table["half"] == 0, table["half"] == 1, table["half"] >= 0):
            right = (found & table["bad"] & part).sum()
            sys.stdout.write(
                f"  {right / max((found & part).sum(), 1):4.0%} of {(found & part).sum():4} right, "
                f"{right / (table['bad'] & part).sum():4.0%} found"
            )
        sys.stdout.write("\n")


def main() -> None:
    """Mix label sets for a reader, or score what the reader wrote, or what the audit finds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["mix", "score", "detect"])
    parser.add_argument("experiment", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("files", nargs="+", type=Path)
    given = parser.parse_args()
    hierarchy = Hierarchy.read(given.experiment / "hierarchy")
    labelsets = {str(path): from_file(hierarchy, path) for path in given.files}
    if given.what == "mix":
        mix(hierarchy, labelsets, given.folder)
    elif given.what == "score":
        score(labelsets, given.folder)
    elif words := Words.read(given.experiment):
        detect(labelsets, given.folder, words)


if __name__ == "__main__":
    main()
