"""A label set as people use it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from cil.errors import UserError
from cil.labels.class_names import wnids_named
from cil.library.arrays import largest, softmax, stack
from cil.library.extra import the_extra_labels

METHODS = ("sum", "best")


class Labels(Mapping[str, str]):
    """A label set: the label of each class, by wnid or by a name that is that of one class alone.

    >>> import cil
    >>> labels = cil.load_labelset("people")
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

    @classmethod
    def of(cls, labelset: Any, name: str) -> "Labels":
        """What a label set with synsets (`cil.labels.labelset`) shows to people."""
        shown = (labelset.display[label] for label in labelset.label_index)
        return cls(dict(zip(labelset.classes, shown, strict=True)), name)

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

        >>> import cil
        >>> cil.load_labelset("people").groups["wolf"]
        ('n02114367', 'n02114548', 'n02114712')
        """
        groups: dict[str, list[str]] = {}
        for wnid, label in self._label_of.items():
            groups.setdefault(label, []).append(wnid)
        return {label: tuple(wnids) for label, wnids in groups.items()}

    def index_of(self, classes: Iterable[str]) -> np.ndarray:
        """The label's number of each of `classes`, wnids or names, int64; ValueError if unknown.

        >>> import cil
        >>> labels = cil.load_labelset("people")
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
        shares = outputs if probabilities else softmax(outputs)
        if method == "sum":
            return shares @ self._like(self._membership, shares)
        parts = [largest(shares[..., columns]) for columns in self._columns]
        merged = stack(parts)
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

        >>> import cil
        >>> labels = cil.load_labelset("people")
        >>> labels = labels.edit(keep=["dog"], merge={"pet": ["cat", "hamster"]})
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
        with the_extra_labels("edit"):
            from cil.labels.edits import Edits
            from cil.labels.ground import Ground
            from cil.labels.named import named

        edits = Edits(split, keep, merge or {}, other, rename or {})
        with Ground(self.classes) as ground:
            labelset = named(ground.hierarchy, self._label_of)
            return Labels.of(edits.apply(labelset)[0], f"{self.name}, edited")

    def audit(self) -> list[Any]:
        """What may be wrong with it, each finding with `label`, `finding`, `classes`, `detail`,
        `suggestion`; see `cil.labels.audit`.

        >>> import cil
        >>> found = cil.load_labelset("tree-cut").audit()
        >>> [each.label for each in found if each.finding == "odd company"]
        ['factory', 'horse', 'system']
        """
        with the_extra_labels("audit"):
            from cil.labels.audit import audit
            from cil.labels.ground import Ground
            from cil.labels.named import named

        with Ground(self.classes) as ground:
            return audit(named(ground.hierarchy, self._label_of), words=ground.words())

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
