"""From what a model answers to the probabilities of labels: the last layers of a classifier.

They are computed twice: as ONNX, for the file that is handed on, and in float64 with numpy, class
by class, for the check that every file passes before it is written.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, helper, numpy_helper

from cil.classifier.classifier import CLASS_OUTPUT, OUTPUT, Classifier, Preprocessing
from cil.errors import UserError
from cil.files import atomic_path

TOLERANCE = 1e-4  # largest difference in probability between the model and the file
OUTPUTS = ("logits", "probabilities", "percent", "sigmoid")
METHODS = ("sum", "best")
_EDGE = 1e-7  # sigmoids nearer to 0 or 1 are taken to be so near


@dataclass(frozen=True)
class Head:
    """How the outputs of a model become probabilities of labels.

    Attributes:
        labels: the label's number for each class, in the order of the model's outputs; -1 for one
            that is left out. None: the model's outputs are the labels.
        outputs: what the model answers, of OUTPUTS. Percent are probabilities times 100; sigmoids
            are one by one between 0 and 1, and do not sum to 1.
        method: how classes become labels. "sum": the probability of a label is the sum of those of
            its classes. "best": its score is that of its best class, and all sum to 1.
        temperature: logits are divided by it, so that more than 1 makes the answers less sure.
        background: the first output is no class; it is left out, and the others sum to 1.
    """

    labels: Sequence[int] | None
    outputs: str = "logits"
    method: str = "sum"
    temperature: float = 1.0
    background: bool = False

    @property
    def members(self) -> list[list[int]]:
        """The classes of each label, by their numbers among those that have one."""
        numbers = [label for label in self.labels or () if label >= 0]
        groups: list[list[int]] = [[] for _ in range(max(numbers, default=-1) + 1)]
        for number, label in enumerate(numbers):
            groups[label].append(number)
        return groups

    @property
    def kept(self) -> list[int] | None:
        """The classes that have a label, where there are others; else None."""
        if self.labels is None or min(self.labels) >= 0:
            return None
        return [number for number, label in enumerate(self.labels) if label >= 0]

    def classes_of(self, outputs: np.ndarray) -> np.ndarray:
        """Class probabilities, float64, of a model's outputs (pictures, classes)."""
        outputs = outputs.astype(np.float64)[:, self.background :]
        if self.kept is not None:
            outputs = outputs[:, self.kept]
        if self.outputs == "sigmoid":
            clipped = outputs.clip(_EDGE, 1 - _EDGE)
            outputs = np.log(clipped) - np.log1p(-clipped)
        elif self.outputs != "logits":
            with np.errstate(divide="ignore"):
                outputs = np.log(outputs)
        outputs = outputs / self.temperature
        shares = np.exp(outputs - outputs.max(1, keepdims=True))
        return shares / shares.sum(1, keepdims=True)

    def labels_of(self, classes: np.ndarray) -> np.ndarray:
        """Label probabilities, float64, of class probabilities."""
        if self.labels is None:
            return classes
        merge = np.sum if self.method == "sum" else np.max
        merged = np.stack([merge(classes[:, group], axis=1) for group in self.members], axis=1)
        return merged / merged.sum(1, keepdims=True)

    def add_to(self, model: ModelProto, output: str = "") -> ModelProto:
        """`model` with these layers behind its output of that name, or behind its first.

        It then answers OUTPUT, the probabilities of labels; before labels are merged also
        CLASS_OUTPUT, those of classes.
        """
        graph = _Chain(model.graph, output or model.graph.output[0].name)
        graph.add("Flatten", axis=1)
        if self.background:
            graph.add("Slice", [1], [np.iinfo(np.int64).max], [1])
        if self.kept is not None:
            graph.add("Gather", self.kept, axis=1)
        self._add_classes(graph)
        shown = [OUTPUT]
        if self.labels is not None:
            graph.name(CLASS_OUTPUT)
            shown.append(CLASS_OUTPUT)
            self._add_labels(graph)
        graph.name(OUTPUT)
        del model.graph.output[:]
        for name in shown:
            model.graph.output.append(
                helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", None])
            )
        onnx.checker.check_model(model)
        return model

    def _add_classes(self, graph: "_Chain") -> None:
        share = self.outputs in ("probabilities", "percent")
        if share and self.temperature == 1:
            whole = self.outputs == "probabilities" and not self.background and self.kept is None
            if not whole:
                graph.add("LpNormalization", axis=1, p=1)
            return
        if share:
            graph.add("Log")
        if self.outputs == "sigmoid":
            edges = (np.float32(edge) for edge in (_EDGE, 1 - _EDGE))
            graph.add("Clip", *edges)
            odds = graph.source
            graph.add("Neg")
            graph.add("Add", np.float32(1))
            rest = graph.source
            graph.source = odds
            graph.add("Div", graph.ref(rest))
            graph.add("Log")
        if self.temperature != 1:
            graph.add("Div", np.float32(self.temperature))
        graph.add("Softmax", axis=-1)

    def _add_labels(self, graph: "_Chain") -> None:
        if self.method == "sum":
            numbers = [label for label in self.labels or () if label >= 0]
            graph.add("MatMul", np.eye(max(numbers) + 1, dtype=np.float32)[numbers])
            return
        # The classes of each label side by side; a label of fewer has its first more than once.
        width = max(map(len, self.members))
        table = [group + group[:1] * (width - len(group)) for group in self.members]
        graph.add("Gather", np.array(table), axis=1)
        graph.add("ReduceMax", [2], keepdims=0)
        graph.add("LpNormalization", axis=1, p=1)


class _Chain:
    """Nodes that are added to a graph, each working on what the last one made."""

    def __init__(self, graph: onnx.GraphProto, source: str) -> None:
        self.graph, self.source = graph, source
        self.taken = {name for node in graph.node for name in (*node.input, *node.output)}

    def add(self, operation: str, *inputs: Any, **attributes: Any) -> None:
        """A node whose first input is the last one's output; constants are its others."""
        others = [each.name if isinstance(each, _Ref) else self._constant(each) for each in inputs]
        target = self._fresh(operation.lower())
        self.graph.node.append(
            helper.make_node(operation, [self.source, *others], [target], **attributes)
        )
        self.source = target

    def ref(self, name: str) -> "_Ref":
        """An input that is another node's output."""
        return _Ref(name)

    def name(self, name: str) -> None:
        """Give the last output a name that is known outside."""
        self.graph.node.append(helper.make_node("Identity", [self.source], [name]))
        self.source = name

    def _fresh(self, name: str) -> str:
        name = f"cil/{name}"
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name

    def _constant(self, value: Any) -> str:
        name = self._fresh("constant")
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        return name


@dataclass(frozen=True)
class _Ref:
    name: str


def label_entries(
    classes: Sequence[str],
    names: Sequence[str],
    wnids: Sequence[str | None],
    display: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """The list `cil.labels`, from the wnid, label name and label wnid of every class, in order.

    Labels are numbered in the order of their first class, as everywhere in this project. `display`
    gives the names that people are shown, where these are others.
    """
    entries: dict[str, dict[str, Any]] = {}
    for wnid, name, label_wnid, shown in zip(classes, names, wnids, display or names, strict=True):
        if name not in entries:
            entries[name] = {"label": name, "wnid": label_wnid, "classes": []}
            entries[name] |= {"display": shown} if shown != name else {}
        entries[name]["classes"].append(wnid)
    return list(entries.values())


def write_classifier(
    model: ModelProto,
    labels: Sequence[Mapping[str, Any]],
    preprocessing: Preprocessing,
    about: Mapping[str, Any],
    path: str | Path,
    inputs: np.ndarray,
    expected: np.ndarray,
    **more: Any,
) -> float:
    """Write `model` with its metadata (see `Classifier`) to `path`, if it answers as it must.

    Args:
        inputs: float32 (pictures, 3, side, side); expected: its probabilities for them.
        more: further metadata by name, such as `classes`.

    Returns the largest difference of a probability. Raises UserError if it exceeds TOLERANCE;
    then `path` is as it was.
    """
    metadata = {"labels": list(labels), "about": dict(about), **more}
    helper.set_model_props(
        model,
        {"cil.preprocessing": preprocessing.to_json()}
        | {
            f"cil.{name}": json.dumps(value, ensure_ascii=False) for name, value in metadata.items()
        },
    )
    with atomic_path(path) as temporary:
        onnx.save(model, temporary)
        found = Classifier(temporary).probabilities(inputs)
        difference = float(np.abs(found - expected).max())
        if not difference <= TOLERANCE:
            raise UserError(
                f"{path}: not written, as its probabilities differ from the model's own by up to "
                f"{difference:.2g}, more than {TOLERANCE:g}; report the versions of torch and "
                "onnxruntime"
            )
    return difference
