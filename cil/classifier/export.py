"""From a trained network to a classifier that can be taken away: one ONNX file, checked.

cil.classifier.classifier describes its metadata.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from onnx import ModelProto
from PIL import Image
from torch import nn

from cil.classifier.classifier import INPUT, Preprocessing
from cil.classifier.head import TOLERANCE, Head, label_entries, write_classifier
from cil.errors import UserError
from cil.files import read_json, read_parquet, write_json
from cil.labels.labelset import DISPLAY
from cil.training.augment import MEAN, STD
from cil.training.checkpoint import read_tensors
from cil.training.networks.network import build_network
from cil.training.recipe import Recipe

OPSET = 18
PARITY_PICTURES = 256


def network_to_onnx(network: nn.Module, side: int) -> ModelProto:
    """`network`, from pictures (any number, 3, side, side) to its outputs, as ONNX."""
    network.eval()
    for layer in network.modules():  # work in place is undone again, at half the time of all
        if getattr(layer, "inplace", False):
            layer.inplace = False  # type: ignore[assignment]
    for chatty in ("onnx_ir", "onnxscript"):  # they report every node at INFO
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # Two pictures: torch takes a batch of one for a constant.
    example = torch.zeros(2, 3, side, side)
    with torch.no_grad():
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
    assert program is not None  # as with dynamo it is not
    model = program.model_proto
    # Each node remembers the lines of Python that it comes from, with their paths on this machine.
    for part in (*model.graph.node, *model.graph.input, *model.graph.output):
        del part.metadata_props[:]
    return model


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
    display = table.get(DISPLAY, table["label"])
    columns = (table["wnid"], table["label"], wnids, display)
    entries = label_entries(*(column.tolist() for column in columns))
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
    onnx_model = Head(None).add_to(network_to_onnx(network, side))
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
