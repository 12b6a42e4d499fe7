"""`cil collapse`: make a classifier on a label set of any pretrained ImageNet model, untrained.

The probability of a label is the sum of the probabilities of its classes.
"""

import argparse
import functools
import logging
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

from cil.arguments import refuse_unused
from cil.classifier.classifier import INPUT, INTERPOLATIONS, Preprocessing
from cil.classifier.export import (
    OPSET,
    add_head,
    label_entries,
    network_to_onnx,
    write_classifier,
)
from cil.classifier.pretrained import CLASSES, library_network
from cil.errors import UserError
from cil.files import path_of
from cil.images.class_list import named_list
from cil.labels.label_file import imagenet_names, read_label_file
from cil.writing import keep_apart

logger = logging.getLogger(__name__)

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_PREPROCESSING = ("side", "resize", "interpolation", "mean", "std")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `cil collapse`."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--model", metavar="LIBRARY/NAME", help="timm/<name> or torchvision/<name>")
    source.add_argument("--onnx", type=path_of, metavar="FILE", help="a model of your own")
    parser.add_argument(
        "--labels", type=path_of, required=True, help="label set, as for `cil audit`"
    )
    parser.add_argument("--output", type=path_of, default=Path("classifier.onnx"))
    parser.add_argument(
        "--weights",
        metavar="pretrained|random|FILE",
        help="for --model: the library's own (downloaded; the default), none, or a file of yours",
    )
    parser.add_argument(
        "--background",
        action="store_true",
        help="the model has 1,001 outputs, the first of them 'background', as TensorFlow's do",
    )
    given = parser.add_argument_group("preprocessing, for --onnx")
    given.add_argument("--side", type=int, help="input side in pixels, if the file leaves it open")
    given.add_argument("--resize", type=int, help="shorter side before the centre crop")
    given.add_argument("--interpolation", choices=INTERPOLATIONS, help="default: bilinear")
    given.add_argument("--mean", type=float, nargs=3, metavar="RGB", help="default: ImageNet's")
    given.add_argument("--std", type=float, nargs=3, metavar="RGB", help="default: ImageNet's")


def run(arguments: argparse.Namespace) -> int:
    """Write the classifier, after a check of its sums on random pictures."""
    read = {"--labels": arguments.labels, "--onnx": arguments.onnx}
    keep_apart(read, {"--output": arguments.output})
    classes, names, wnids = read_labels(arguments.labels)
    weights = arguments.weights or "pretrained"
    if arguments.onnx:
        refuse_unused(arguments, ["weights"], "an --onnx file has its own")
        model, preprocessing = _from_file(arguments)
        outputs_of = functools.partial(_run_onnx, model)
    else:
        refuse_unused(arguments, _PREPROCESSING, "a --model knows its own; it is for --onnx")
        network, preprocessing = library_network(arguments.model, weights)
        model = network_to_onnx(network, preprocessing.side)
        outputs_of = functools.partial(_run_torch, network)
    side = preprocessing.side
    inputs = np.random.default_rng(0).normal(size=(1, 3, side, side)).astype(np.float32)
    outputs = _check_outputs(outputs_of(inputs), arguments.background)
    softmax = not _are_probabilities(outputs)
    entries = label_entries(classes, names, wnids)
    index = {wnid: number for number, entry in enumerate(entries) for wnid in entry["classes"]}
    labels = [index[wnid] for wnid in classes]
    add_head(model, labels, softmax, arguments.background)
    about = {
        "model": arguments.model or arguments.onnx.name,
        "weights": "of the file" if arguments.onnx else weights,
        "labelset": arguments.labels.stem,
        "method": "sum",
        "dataset": "ImageNet's 1,000 classes",
        "synthetic": False,
    }
    expected = _summed(outputs, labels, softmax)
    difference = write_classifier(
        model, entries, preprocessing, about, arguments.output, inputs, expected
    )
    logger.info(
        "%s: %d classes summed to %d labels, exact to %.1g",
        *(arguments.output, len(classes), len(entries), difference),
    )
    return 0


def read_labels(path: Path) -> tuple[list[str], list[str], list[str | None]]:
    """Class wnids, label names and label wnids of a label set, in the order of ImageNet's classes.

    That order, which pretrained models share, is the sorted order of the wnids. Raises UserError
    unless the label set gives each of the 1,000 classes, and nothing else, a label with a name.
    """
    table = read_label_file(path, imagenet_names(named_list("imagenet-1k")))
    rows = list(zip(table["wnid"], table["label"], table["label_wnid"], strict=True))
    classes = set(named_list("imagenet-1k"))
    named = {wnid for wnid, label, _ in rows if label.strip()}
    for wrong, what in (
        (sorted(classes - named), "without a label"),
        (sorted({wnid for wnid, *_ in rows} - classes), "labelled but unknown"),
    ):
        if wrong:
            raise UserError(
                f"{path}: classes {what} ({len(wrong):,}): {', '.join(wrong[:5])}"
                f"{', …' * (len(wrong) > 5)}; pretrained models answer for ImageNet's {CLASSES:,} "
                "classes, so give a label set of just these"
            )
    wnids, names, label_wnids = (list(column) for column in zip(*sorted(rows), strict=True))
    return wnids, names, label_wnids


def _from_file(arguments: argparse.Namespace) -> tuple[onnx.ModelProto, Preprocessing]:
    path: Path = arguments.onnx
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model)
        if max(entry.version for entry in model.opset_import if not entry.domain) < OPSET:
            model = onnx.version_converter.convert_version(model, OPSET)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None
    except Exception as error:  # protobuf's, the checker's and the converter's own kinds
        raise UserError(f"{path}: not a sound ONNX model ({error})") from None
    side = _adapt_input(model, arguments.side, path)
    return model, Preprocessing(
        side=side,
        resize=round(side * 256 / 224) if arguments.resize is None else arguments.resize,
        interpolation=arguments.interpolation or "bilinear",
        mean=tuple(arguments.mean or IMAGENET_MEAN),
        std=tuple(arguments.std or IMAGENET_STD),
    )


def _adapt_input(model: onnx.ModelProto, side: int | None, path: Path) -> int:
    """Give the model the input of a classifier, channels first; the side of its pictures."""
    graph = model.graph
    constants = {constant.name for constant in graph.initializer}
    inputs = [each for each in graph.input if each.name not in constants]
    tensor = inputs[0].type.tensor_type
    shape = [dim.dim_value for dim in tensor.shape.dim]  # 0 where left open
    one = len(inputs) == 1 and tensor.elem_type == TensorProto.FLOAT and len(shape) == 4
    if not one or 3 not in (shape[1], shape[3]) or shape[0] > 1:
        raise UserError(
            f"{path}: expected one float32 input (pictures, 3, side, side), or with channels last, "
            f"for any number of pictures; found {len(inputs)}, the first with shape {shape} "
            "(0 is open) ; export the model anew"
        )
    channels_last = shape[1] != 3
    heights = shape[1:3] if channels_last else shape[2:4]
    if side is not None and any(height not in (0, side) for height in heights):
        raise UserError(f"--side: found {side}, but {path} takes {heights[0]}×{heights[1]} pixels")
    side = heights[0] if side is None else side
    if not side or heights[0] != heights[1]:
        raise UserError(f"{path}: takes pictures of any or no square size; give --side")
    order = [0, 2, 3, 1] if channels_last else [0, 1, 2, 3]
    if inputs[0].name != INPUT or channels_last:
        old = inputs[0].name
        name = old if old != INPUT else f"{old}_channels_last"
        for node in graph.node if name != old else ():
            node.input[:] = [name if each == old else each for each in node.input]
        graph.node.insert(0, helper.make_node("Transpose", [INPUT], [name], perm=order))
    batch = 1 if shape[0] == 1 else "batch"
    graph.input.remove(inputs[0])
    graph.input.insert(
        0, helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [batch, 3, side, side])
    )
    return side


def _run_torch(network, inputs: np.ndarray) -> np.ndarray:
    import torch

    with torch.inference_mode():
        return network(torch.from_numpy(inputs)).numpy()


def _run_onnx(model: onnx.ModelProto, inputs: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {INPUT: inputs})[0]


def _check_outputs(outputs: np.ndarray, background: bool) -> np.ndarray:
    """The outputs for the 1,000 classes, float64; UserError if there are more or fewer."""
    outputs = outputs.reshape(len(outputs), -1).astype(np.float64)
    found = outputs.shape[1]
    if found == CLASSES + 1 and not background:
        raise UserError(
            f"the model has {found} outputs: TensorFlow's order, whose first is 'background'. If "
            "this is so, say --background; summed as they are, all labels would be one off"
        )
    if found != CLASSES + background:
        raise UserError(
            f"the model has {found} outputs; expected {CLASSES + background}, one for each class "
            f"of ImageNet in the usual order{' after the background' * background}"
        )
    if not np.isfinite(outputs).all():
        raise UserError("the model's outputs are not all finite; its weights may be damaged")
    return outputs


def _are_probabilities(outputs: np.ndarray) -> bool:
    return bool((outputs >= 0).all() and np.allclose(outputs.sum(1), 1, atol=1e-3))


def _summed(outputs: np.ndarray, labels: list[int], softmax: bool) -> np.ndarray:
    """What the classifier must answer, computed another way: in float64, class by class."""
    outputs = outputs[:, -CLASSES:]
    shares = np.exp(outputs - outputs.max(1, keepdims=True)) if softmax else outputs
    shares = shares / shares.sum(1, keepdims=True)
    return np.stack([np.bincount(labels, weights=row) for row in shares])
