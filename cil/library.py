"""The library: label sets for those who train, evaluate or use classifiers of ImageNet.

    import cil

    labels = cil.load_labelset("people")
    train = labels.relabel(ImageFolder("train"))
    probabilities = labels.collapse(logits)

Needs numpy alone, but for what makes, edits or audits label sets: that needs the extra `labels`.
Arrays may be numpy's or torch's, and stay what they are.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from cil.errors import UserError
from cil.labels.class_names import bundled, wnids_named

METHODS = ("sum", "best")
_WNID = re.compile(r"n\d{8}")


class Labels(Mapping[str, str]):
    """A label set: the label of each class, by wnid or by a name that is that of one class alone.

    >>> labels = load_labelset("people")
    >>> labels["n02085620"], labels["Chihuahua"], len(labels), len(labels.names)
    ('dog', 'dog', 1000, 488)

    Args:
        label_of: {wnid: label} in the order of the classes, as a classifier answers them;
            ImageNet's own is the sorted order of the wnids.
        name: what to call it.

    Attributes:
        classes: the wnids in order; names: the labels, numbered by their first class.
        label_index: the label's number of each class, int64 (classes,).
    """

    def __init__(self, label_of: Mapping[str, str], name: str = "") -> None:
        self.name = name
        self._label_of = dict(label_of)
        self.classes = tuple(self._label_of)
        self.names = tuple(dict.fromkeys(self._label_of.values()))
        number = {label: index for index, label in enumerate(self.names)}
        self.label_index = np.array([number[label] for label in self._label_of.values()])

    def __getitem__(self, key: str) -> str:
        if key not in self._label_of:
            try:
                [key] = wnids_named([key], self.classes)
            except ValueError as error:
                raise KeyError(str(error)) from None
        return self._label_of[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._label_of)

    def __len__(self) -> int:
        return len(self._label_of)

    def __repr__(self) -> str:
        return f"<label set {self.name}: {len(self.names)} labels of {len(self):,} classes>"

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The classes of each label.

        >>> load_labelset("people").groups["wolf"]
        ('n02114367', 'n02114548', 'n02114712')
        """
        groups: dict[str, list[str]] = {}
        for wnid, label in self._label_of.items():
            groups.setdefault(label, []).append(wnid)
        return {label: tuple(wnids) for label, wnids in groups.items()}

    def index_of(self, classes: Iterable[str]) -> np.ndarray:
        """The label's number of each of `classes`, wnids or names, int64; ValueError if unknown.

        >>> labels = load_labelset("people")
        >>> [labels.names[n] for n in labels.index_of(["tench", "Chihuahua", "school bus"])]
        ['fish', 'dog', 'bus']
        """
        place = {wnid: index for index, wnid in enumerate(self.classes)}
        return self.label_index[[place[wnid] for wnid in wnids_named(classes, self.classes)]]

    def relabel(self, dataset: Any) -> Any:
        """`dataset` of torchvision's, whose targets are labels from now on; see `relabel`.

        Its classes are met by wnid or name, never by their order, and refused where they can't be.
        """
        from cil.labels.transform import relabel

        return relabel(dataset, self._label_of)

    def collapse(self, outputs: Any, method: str = "sum", probabilities: bool = False) -> Any:
        """The probabilities of labels (…, labels), from outputs (…, classes) in order.

        >>> import numpy as np
        >>> labels = Labels({"n1": "dog", "n2": "cat", "n3": "dog"})
        >>> labels.collapse(np.log([[0.25, 0.5, 0.25]])).round(2)
        array([[0.5, 0.5]])
        >>> labels.collapse(np.log([[0.25, 0.5, 0.25]]), method="best").round(2)
        array([[0.33, 0.67]])

        Args:
            outputs: logits, or probabilities if `probabilities`; numpy's or torch's.
            method: "sum" adds the probabilities of a label's classes; "best" goes by that of its
                best class alone, so that large labels gain nothing by their size.

        Raises UserError if there is not one output for each class.
        """
        if method not in METHODS:
            raise UserError(f"method: found {method!r}; allowed: {', '.join(METHODS)}")
        if outputs.shape[-1] != len(self):
            raise UserError(
                f"outputs: found {outputs.shape[-1]:,} of each picture; expected one for each of "
                f"the {len(self):,} classes"
            )
        shares = outputs if probabilities else _softmax(outputs)
        if method == "sum":
            return shares @ self._like(self._membership, shares)
        parts = [_largest(shares[..., columns]) for columns in self._columns]
        merged = _stack(parts)
        return merged / merged.sum(-1)[..., None]

    def wrap(self, model: Any, method: str = "sum") -> Any:
        """A torch module that answers the probabilities of labels where `model` answers logits."""
        from torch import nn

        labels = self

        class Collapsed(nn.Module):
            """A model of classes that answers in labels."""

            def __init__(self) -> None:
                super().__init__()
                self.model = model

            def forward(self, pictures: Any) -> Any:
                return labels.collapse(self.model(pictures), method)

        return Collapsed()

    def edit(
        self,
        *,
        split: Sequence[str] = (),
        keep: Sequence[str] = (),
        merge: Mapping[str, Sequence[str]] | None = None,
        other: Sequence[str] = (),
        rename: Mapping[str, str] | None = None,
    ) -> "Labels":
        """Another label set, after edits in that order; see `cil.labels.edits`.

        >>> labels = load_labelset("people").edit(keep=["dog"], merge={"pet": ["cat", "hamster"]})
        >>> labels["Chihuahua"], labels["tabby"], labels["hamster"]
        ('Chihuahua', 'pet', 'pet')

        Args:
            split: labels that become finer, one for each branch of WordNet below.
            keep: labels, classes or synsets whose classes become labels of their own.
            merge: labels, classes or synsets that become one label, by its name.
            other: labels, classes or synsets that go to the label `other`.
            rename: new names, by label.

        Raises UserError if a text means nothing here, or more than one thing.
        """
        with _the_extra_labels("edit"):
            from cil.labels.edits import Edits

        edits = Edits(split, keep, merge or {}, other, rename or {})
        return _of(edits.apply(self._labelset())[0], f"{self.name}, edited")

    def audit(self) -> list[Any]:
        """What may be wrong with it, each finding with `label`, `finding`, `classes`, `detail`,
        `suggestion`; see `cil.labels.audit`.

        >>> len(load_labelset("original").audit()) > 0
        True
        """
        with _the_extra_labels("audit"):
            from cil.labels.audit import audit
            from cil.labels.ground import Ground
            from cil.labels.named import named

        with Ground(self.classes) as ground:
            return audit(named(ground.hierarchy, self._label_of), words=ground.words())

    def _labelset(self) -> Any:
        """The label set with its synsets, as far as names tell them."""
        from cil.labels.ground import Ground
        from cil.labels.named import named

        with Ground(self.classes) as ground:
            return named(ground.hierarchy, self._label_of)

    def to_json(self, path: str | Path) -> None:
        """Write {wnid: label}, the format of the published file, as every tool here reads it."""
        from cil.files import write_json

        write_json(self._label_of, path)

    @cached_property
    def _columns(self) -> list[list[int]]:
        return [np.flatnonzero(self.label_index == n).tolist() for n in range(len(self.names))]

    @cached_property
    def _membership(self) -> np.ndarray:
        return np.eye(len(self.names), dtype=np.float32)[self.label_index]

    @staticmethod
    def _like(matrix: np.ndarray, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return matrix.astype(other.dtype)
        import torch

        return torch.from_numpy(matrix).to(other)


def load_labelset(name: str | Path) -> Labels:
    """A label set of ImageNet's 1,000 classes, or of those that a file has.

    >>> load_labelset("people")
    <label set people: 488 labels of 1,000 classes>

    Args:
        name: people (488 labels, made without votes), tree-cut or original, which come with the
            package; published (the paper's, fetched by its checksum); people:N and the names of
            the label sets in results/default, where that experiment was run; or a label file.

    Raises UserError if there is no such label set.
    """
    there = {path.name for path in files("cil.bundled").iterdir()}
    if f"{name}.json" in there - {"classes.json"}:
        return Labels(bundled(str(name)), str(name))
    if plain := _plain(Path(name)):
        return Labels(dict(sorted(plain.items())), Path(name).stem)
    # People, tree-cut, original and files of {wnid: label} as JSON have been found by now.
    with _the_extra_labels(f"label set {name}"):
        from cil.labels.asked import asked_labels
    table = asked_labels(str(name)).sort_values("wnid")
    return Labels(dict(zip(table["wnid"], table["display"], strict=True)), str(name))


def cut(
    wnids: Iterable[str], labels: int, with_other: bool = False, strategy: str = "people"
) -> Labels:
    """The label set of any noun synsets of WordNet 3.0 with so many labels.

    >>> birds_and_boats = ["n01514668", "n01537544", "n02951358", "n04612504"]
    >>> cut(birds_and_boats, labels=2, strategy="tree-cut").names
    ('bird', 'boat')

    Args:
        wnids: the classes, in the order of the outputs of a classifier.
        labels: how many labels, or as many as there are classes.
        with_other: whether what no label fits goes to a label `other`, one of so many.
        strategy: people, or tree-cut, of which no label lies below another.

    Raises UserError if a wnid is none, or there is no such label set.
    """
    with _the_extra_labels("cut"):
        from cil.labels.ground import Ground

    keys = {"labels": labels} | ({"with_other": True} if with_other else {})
    with Ground(list(wnids)) as ground:
        return _of(ground.make(strategy, keys), f"{strategy}:{labels}")


def _of(labelset: Any, name: str) -> Labels:
    shown = (labelset.display[label] for label in labelset.label_index)
    return Labels(dict(zip(labelset.classes, shown, strict=True)), name)


@contextmanager
def _the_extra_labels(what: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise UserError(
            f"{what}: needs {error.name}, which is not installed; run: pip install "
            "'clustered-imagenet-labels[labels]'"
        ) from None


def _plain(path: Path) -> dict[str, str]:
    """What a file {wnid: label} holds; nothing if it is of another form."""
    if path.suffix != ".json" or not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError:
        return {}
    sound = isinstance(content, dict) and all(
        _WNID.fullmatch(wnid) and isinstance(label, str) and label.strip()
        for wnid, label in content.items()
    )
    return content if sound else {}


def score(
    outputs: Any, truth: Any, labelsets: Sequence[str | Labels], probabilities: bool = False
) -> list[dict[str, Any]]:
    """How right a classifier's answers are in label sets: a row for each, by sum and by best class.

    Args:
        outputs: logits (pictures, classes) in the order of the classes, or probabilities.
        truth: the class of each picture: its number in that order, or its wnid.
        labelsets: of the same classes, by name or as they are.

    Each row has `labelset`, `labels`, `top1` and `top5` of sums, `top1_best` of best classes,
    shares from 0 to 1, and `pictures`. Raises UserError if sizes differ.
    """
    from cil.evaluation.answers import answer

    logits = np.asarray(outputs, dtype=np.float64)
    if probabilities:
        with np.errstate(divide="ignore"):
            logits = np.log(logits)
    rows = []
    for asked in labelsets:
        labels = asked if isinstance(asked, Labels) else load_labelset(asked)
        place = {wnid: index for index, wnid in enumerate(labels.classes)}
        numbers = [place[each] if isinstance(each, str) else int(each) for each in truth]
        expected = labels.label_index[numbers]
        summed, best = (
            answer(logits, expected, labels.label_index, method) for method in ("sum", "argmax")
        )
        rows.append(
            {
                "labelset": labels.name,
                "labels": len(labels.names),
                "top1": summed.top1,
                "top5": summed.top5,
                "top1_best": best.top1,
                "pictures": len(numbers),
            }
        )
    return rows


def _softmax(logits: Any) -> Any:
    if not isinstance(logits, np.ndarray):
        return logits.softmax(-1)
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def _largest(shares: Any) -> Any:
    return shares.max(-1) if isinstance(shares, np.ndarray) else shares.amax(-1)


def _stack(parts: list[Any]) -> Any:
    if isinstance(parts[0], np.ndarray):
        return np.stack(parts, -1)
    import torch

    return torch.stack(parts, -1)
