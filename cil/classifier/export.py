"""From a trained network to a classifier that can be taken away: one ONNX file, checked.

The file holds the network, softmax over its classes and, where asked for, a layer that sums the
probabilities of each label's classes; cil.classifier.classifier describes its metadata.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import ModelProto, TensorProto, helper, numpy_helper
from PIL import Image
from torch import nn

from cil.classifier.classifier import INPUT, OUTPUT, Classifier, Preprocessing
from cil.errors import UserError
from cil.files import atomic_path, read_json, read_parquet, write_json
from cil.training.augment import MEAN, STD
from cil.training.checkpoint import read_tensors
from cil.training.networks.network import build_network
from cil.training.recipe import Recipe

OPSET = 18
PARITY_PICTURES = 256
TOLERANCE = 1e-4  # largest difference in probability between torch and onnxruntime


def network_to_onnx(network: nn.Module, side: int) -> ModelProto:
    """`network`, from pictures (any number, 3, side, side) to its outputs, as ONNX."""
    network.eval()
    for chatty in ("onnx_ir", "onnxscript"):  # they report every node at INFO
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # Two pictures: torch takes a batch of one for a constant.
    example = torch.zeros(2, 3, side, side)
    with torch.inference_mode():
        program = torch.onnx.export(
            network,
            (example,),
            input_names=[INPUT],
            output_names=["logits"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    model = program.model_proto
    # Each node remembers the lines of Python that it comes from, with their paths on this machine.
    for part in (*model.graph.node, *model.graph.input, *model.graph.output):
        del part.metadata_props[:]
    return model


def summing_matrix(label_of_class: Sequence[int] | np.ndarray) -> np.ndarray:
    """float32 (classes, labels): 1 where a class has the label, else 0."""
    return np.eye(max(label_of_class) + 1, dtype=np.float32)[np.asarray(label_of_class)]


def add_head(
    model: ModelProto, label_of_class: Sequence[int] | None, softmax: bool, background: bool = False
) -> ModelProto:
    """`model` with softmax, if asked for, and a layer that sums classes to labels, if given.

    Args:
        label_of_class: the label index of each class in the order of the model's outputs.
        softmax: the model's outputs are logits.
        background: the first output is no class; it is left out, and the others sum to 1.
    """
    graph = model.graph
    names = _Names(graph)
    source = graph.output[0].name
    steps: list[tuple[str, list[str], dict[str, Any]]] = [("Flatten", [], {"axis": 1})]
    if background:
        bounds = [
            names.constant(name, [value])
            for name, value in (("first", 1), ("end", np.iinfo(np.int64).max), ("axis", 1))
        ]
        steps.append(("Slice", bounds, {}))
    if softmax:
        steps.append(("Softmax", [], {"axis": -1}))
    elif background:
        steps.append(("LpNormalization", [], {"axis": -1, "p": 1}))
    if label_of_class is not None:
        steps.append(("MatMul", [names.constant("labels", summing_matrix(label_of_class))], {}))
    for number, (operation, others, attributes) in enumerate(steps, 1):
        target = OUTPUT if number == len(steps) else names.fresh(operation.lower())
        graph.node.append(helper.make_node(operation, [source, *others], [target], **attributes))
        source = target
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["batch", None]))
    onnx.checker.check_model(model)
    return model


class _Names:
    """New names in a graph, and constants under them."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.graph = graph
        self.taken = {name for node in graph.node for name in (*node.input, *node.output)}

    def fresh(self, name: str) -> str:
        name = f"cil/{name}"
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name

    def constant(self, name: str, value: Any) -> str:
        name = self.fresh(name)
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        return name


def write_classifier(
    model: ModelProto,
    labels: Sequence[Mapping[str, Any]],
    preprocessing: Preprocessing,
    about: Mapping[str, Any],
    path: str | Path,
    inputs: np.ndarray,
    expected: np.ndarray,
) -> float:
    """Write `model` with its metadata (see `Classifier`) to `path`, if it answers as it must.

    Args:
        inputs: float32 (pictures, 3, side, side); expected: its probabilities for them.

    Returns the largest difference of a probability. Raises UserError if it exceeds TOLERANCE;
    then `path` is as it was.
    """
    helper.set_model_props(
        model,
        {
            "cil.preprocessing": preprocessing.to_json(),
            "cil.labels": json.dumps(list(labels), ensure_ascii=False),
            "cil.about": json.dumps(dict(about), ensure_ascii=False),
        },
    )
    with atomic_path(path) as temporary:
        onnx.save(model, temporary)
        found = Classifier(temporary).probabilities(inputs)
        difference = float(np.abs(found - expected).max())
        if not difference <= TOLERANCE:
            raise UserError(
                f"{path}: not written, as its probabilities differ from torch's by up to "
                f"{difference:.2g}, more than {TOLERANCE:g}; report the versions of torch and "
                "onnxruntime"
            )
    return difference


def label_entries(
    classes: Sequence[str], names: Sequence[str], wnids: Sequence[str | None]
) -> list[dict[str, Any]]:
    """The list `cil.labels`, from the wnid, label name and label wnid of every class, in order.

    Labels are numbered in the order of their first class, as everywhere in this project.
    """
    entries: dict[str, dict[str, Any]] = {}
    for wnid, name, label_wnid in zip(classes, names, wnids, strict=True):
        entry = entries.setdefault(name, {"label": name, "wnid": label_wnid, "classes": []})
        entry["classes"].append(wnid)
    return list(entries.values())


def export_run(
    model: str | Path,
    labels: str | Path,
    val: str | Path,
    meta: str | Path,
    about: Mapping[str, Any],
    classifier: str | Path,
    labels_json: str | Path,
    parity: str | Path,
) -> None:
    """Export a run of the pipeline.

    Args:
        model: its model.safetensors; labels: its label set as Parquet; val, meta: validation
            pictures and description of the image store.
        about: run, seed and label set, for the metadata.
        classifier, labels_json, parity: the files to write.

    Raises UserError if the files do not fit together, or onnxruntime answers otherwise than
    torch.
    """
    tensors, notes = read_tensors(model)
    recipe, side = Recipe(**notes["recipe"]), notes["resolution"]
    table = read_parquet(labels, ["wnid", "label", "label_wnid"])
    wnids = table["label_wnid"].astype(object).where(table["label_wnid"].notna(), None)
    entries = label_entries(table["wnid"].tolist(), table["label"].tolist(), wnids.tolist())
    if len(entries) != len(notes["labels"]):
        raise UserError(
            f"{model}: trained for {len(notes['labels'])} labels, but {labels} has {len(entries)}; "
            "train the run again"
        )
    network = build_network(recipe, len(entries), side, notes["seed"])
    network.load_state_dict(tensors)
    data = read_json(meta)
    about = {**about, "dataset": data["description"], "synthetic": data["synthetic"]}
    preprocessing = Preprocessing(side, side, "box", MEAN, STD)
    onnx_model = add_head(network_to_onnx(network, side), None, softmax=True)
    inputs = _evenly(np.load(val, mmap_mode="r"), PARITY_PICTURES)
    inputs = np.stack([preprocessing(Image.fromarray(picture)) for picture in inputs])
    with torch.inference_mode():
        expected = network(torch.from_numpy(inputs)).softmax(1).numpy()
    difference = write_classifier(
        onnx_model, entries, preprocessing, about, classifier, inputs, expected
    )
    write_json(entries, labels_json)
    result = {"largest_difference": difference, "tolerance": TOLERANCE, "pictures": len(inputs)}
    write_json(result, parity)


def _evenly(pictures: np.ndarray, count: int) -> np.ndarray:
    """`count` pictures from all parts of the array, or all if there are fewer."""
    return pictures[np.linspace(0, len(pictures) - 1, min(count, len(pictures))).astype(int)]
