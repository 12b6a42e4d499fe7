"""What others need to use a label set: a card that says what it is, and a file for timm."""

import pickle
from collections.abc import Mapping, Sequence, Set
from typing import Any

LICENCES = """\
- Hierarchy, names and definitions: WordNet 3.0, Princeton University; free with its notice.
- Class ids: ImageNet's wnids, which are offsets in WordNet. No picture is part of a label set.
- The authors' published label file: see their repository (Prev/clustered-imagenet-labels).
- The code that made this: MIT.
"""

USE = """\
- `{name}.json`: `{{wnid: label}}`, the format of the published file.
- `{name}.parquet`: a row per class: index, wnid, name, label, label_index, label_wnid, and
  display, the label as people are shown it.
- timm: `train.py --class-map {name}.pkl --num-classes {labels}`, for folders named by wnid; the
  file holds a plain dictionary from wnid to number. Where classes have other names, or are numbers
  already (WebDataset, Hugging Face), take the recipes below.

Never match classes by their index: it is another class in every part of ImageNet. The data set's
classes are met by wnid or by name, and refused where neither can be told.

torchvision (ImageFolder, ImageNet, Imagenette), all of whose classes or some:

```python
from cil.labels.transform import relabel
train = relabel(ImageFolder("train"), "{name}.json")
```

Hugging Face, or any data set whose targets are numbers and whose classes are known in order:

```python
from cil.labels.transform import TargetTransform
label_of = TargetTransform("{name}.json", data.features["label"].names)
data = data.map(lambda row: {{"label": label_of(row["label"])}})
```
"""


def class_map(label_of: Mapping[str, str]) -> bytes:
    """{wnid: label index} as timm's --class-map reads it, labels numbered by their first class.

    timm reads merged classes from a pickle only, and from it a plain dictionary only.
    """
    number = {label: index for index, label in enumerate(dict.fromkeys(label_of.values()))}
    return pickle.dumps({wnid: number[label] for wnid, label in label_of.items()}, protocol=4)


def label_card(
    name: str,
    how: str,
    config: Mapping[str, Any],
    label_of: Mapping[str, str],
    agreement: Sequence[Mapping[str, str]],
    audit: Sequence[Mapping[str, str]],
    simulated: Set[str],
) -> str:
    """The card of label set `name` in Markdown.

    Args:
        how: how its strategy makes it, in sentences.
        config: its strategy and parameters; label_of: {wnid: label}.
        agreement, audit: the rows of labels/agreement.csv and audit.csv, all label sets.
        simulated: the label sets whose votes are simulated.
    """
    groups: dict[str, int] = {}
    for label in label_of.values():
        groups[label] = groups.get(label, 0) + 1
    merging = {label: size for label, size in groups.items() if size > 1}
    largest = sorted(merging, key=lambda label: (-merging[label], label))[:10]
    given = ", ".join(
        f"{key} {_in_words(value)}" for key, value in config.items() if key != "strategy"
    )
    votes = " **The voters are simulated.**" if name in simulated else ""
    return "\n".join(
        [
            f"# Label set {name}",
            "",
            f"{len(groups)} labels for {len(label_of):,} classes; {sum(merging.values())} classes "
            f"share a label with another, in {len(merging)} groups.",
            "",
            *(
                [f"Largest groups: {', '.join(f'{x} ({merging[x]})' for x in largest)}.", ""]
                if largest
                else []
            ),
            "## How it was made",
            "",
            f"{how}{f' Parameters: {given}.' if given else ''}{votes}",
            "",
            "## Agreement",
            "",
            *_agreement(name, agreement, simulated),
            "",
            "## Audit",
            "",
            *_audit(name, audit),
            "",
            "## Use",
            "",
            USE.format(name=name, labels=len(groups)),
            "## Licences of the sources",
            "",
            LICENCES,
        ]
    )


def _in_words(value: Any) -> str:
    """A value of the configuration, whose lists stand in brackets."""
    if isinstance(value, Mapping):
        return f"({'; '.join(f'{name}: {_in_words(each)}' for name, each in value.items())})"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"({', '.join(map(_in_words, value))})"
    return str(value)


def _agreement(name: str, rows: Sequence[Mapping[str, str]], simulated: Set[str]) -> list[str]:
    lines = [
        f"- with `{row['reference']}`{' (simulated votes)' * (row['reference'] in simulated)}: "
        f"adjusted Rand index {float(row['ari']):z.2f}, V-measure "
        f"{float(row['v_measure']):.2f}, same name for {100 * float(row['same_name']):.0f} % of "
        "classes"
        for row in rows
        if row["labelset"] == name and row["reference"] != name
    ]
    return lines or ["It is the reference that others are compared with, or was not compared."]


def _audit(name: str, rows: Sequence[Mapping[str, str]]) -> list[str]:
    findings: dict[str, list[str]] = {}
    for row in rows:
        if row["labelset"] == name:
            findings.setdefault(row["finding"], []).append(row["label"])
    return [
        f"- {finding}: {len(labels)} ({', '.join(labels[:5])}{', …' * (len(labels) > 5)})"
        for finding, labels in sorted(findings.items())
    ] or ["Nothing found."]
