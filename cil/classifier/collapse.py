"""`cil collapse`: make a classifier on a label set of any pretrained ImageNet model, untrained."""

import argparse
import functools
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas

from cil.arguments import refuse_unused
from cil.classifier.check import check, refuse_worse
from cil.classifier.classifier import INTERPOLATIONS, Preprocessing
from cil.classifier.head import METHODS, OUTPUTS, Head, label_entries, write_classifier
from cil.classifier.onnx_file import read_onnx
from cil.classifier.outputs import check_outputs, kind_of
from cil.classifier.pictures import labelled_pictures
from cil.classifier.pretrained import CLASSES, library_network
from cil.errors import UserError
from cil.files import path_of
from cil.images.named_lists import named_list
from cil.labels.asked import EXPERIMENT, HELP, asked_labels, class_names
from cil.writing import keep_apart

logger = logging.getLogger(__name__)

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
ONNX_ONLY = ("output_name", "outputs", "side", "resize", "interpolation", "mean", "std")
_LEAST_STD = 1 / 256  # of a network that takes values from 0 to 255


@dataclass(frozen=True)
class Source:
    """A model that answers for ImageNet's classes.

    Attributes:
        graph: as ONNX; output: the name of its answer there.
        answers: its outputs, float64 (pictures, outputs), for float32 (pictures, 3, side, side).
        kind: what the outputs are, of OUTPUTS, where that is known.
        assumed: what was not given and not in the file, in words.
        about: its name and where its weights are from, for the classifier's metadata.
    """

    graph: onnx.ModelProto
    output: str
    answers: Callable[[np.ndarray], np.ndarray]
    preprocessing: Preprocessing
    kind: str | None
    assumed: Sequence[str]
    about: dict[str, Any]


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `cil collapse`."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--model",
        metavar="LIBRARY/NAME",
        help="timm/<name>, torchvision/<name>, or package/efficientnet-lite0, which is installed",
    )
    source.add_argument("--onnx", type=path_of, metavar="FILE", help="a model of your own")
    parser.add_argument("--labels", required=True, metavar="LABELS", help=HELP)
    parser.add_argument(
        "--experiment",
        type=path_of,
        default=EXPERIMENT,
        metavar="RESULTS",
        help="where --labels looks for names (default: %(default)s)",
    )
    parser.add_argument(
        "--output", type=path_of, default=Path("classifier.onnx"), help="default: %(default)s"
    )
    parser.add_argument(
        "--check",
        type=path_of,
        metavar="PICTURES",
        help="try it on pictures, in folders named by wnid or in a list: says how many are right "
        "before and after, refuses --mean and --std if other usual ones are clearly better, and "
        "measures the thresholds that `cil classify --precision` takes",
    )
    parser.add_argument(
        "--method",
        choices=METHODS,
        default="sum",
        help="a label's probability is the sum of its classes' (the default), or goes by its best "
        "class's alone",
    )
    parser.add_argument(
        "--temperature",
        type=float,
        default=1.0,
        help="divides the logits: above 1, the answers are less sure (default: 1)",
    )
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
    configure_onnx(parser)


def configure_onnx(parser: argparse.ArgumentParser) -> None:
    """The arguments that say what an --onnx file is; ONNX_ONLY are their names."""
    given = parser.add_argument_group("for --onnx")
    given.add_argument("--output-name", metavar="NAME", help="which output answers, if several may")
    given.add_argument(
        "--outputs",
        choices=OUTPUTS,
        help="what the model answers (default: logits or probabilities, as the values say)",
    )
    given.add_argument("--side", type=int, help="input side in pixels, if the file leaves it open")
    given.add_argument(
        "--resize", type=int, help="shorter side before the centre crop (default: side × 256 / 224)"
    )
    given.add_argument("--interpolation", choices=INTERPOLATIONS, help="default: bilinear")
    for name, default in (("--mean", IMAGENET_MEAN), ("--std", IMAGENET_STD)):
        given.add_argument(
            *(name,),
            type=float,
            nargs=3,
            metavar=("R", "G", "B"),
            help="of pictures whose values are from 0 to 1 (default: ImageNet's, "
            f"{' '.join(map(str, default))})",
        )


def run(arguments: argparse.Namespace) -> int:
    """Write the classifier, checked on pictures of noise, and on yours if given."""
    keep_apart(
        {"--labels": path_of(arguments.labels), "--onnx": arguments.onnx},
        {"--output": arguments.output},
    )
    if not arguments.temperature > 0 or math.isinf(arguments.temperature):
        raise UserError(f"--temperature: found {arguments.temperature}; expected a number above 0")
    table = complete(asked_labels(arguments.labels, arguments.experiment), arguments.labels)
    if arguments.onnx:
        refuse_unused(arguments, ["weights"], "an --onnx file has its own")
        source = from_file(arguments)
    else:
        why = "a --model knows its own; it is for --onnx"
        refuse_unused(arguments, ONNX_ONLY, why)
        source = from_library(arguments.model, arguments.weights or "pretrained")
    collapse(
        source,
        table,
        arguments.output,
        labelset=Path(arguments.labels).stem,
        outputs=arguments.outputs,
        method=arguments.method,
        temperature=arguments.temperature,
        background=arguments.background,
        pictures=arguments.check,
    )
    return 0


def collapse(
    source: Source,
    table: pandas.DataFrame,
    target: Path,
    labelset: str,
    outputs: str | None = None,
    method: str = "sum",
    temperature: float = 1.0,
    background: bool = False,
    pictures: Path | None = None,
) -> dict[str, Any]:
    """Write the classifier of `source` on a label set to `target`.

    Args:
        table: wnid, label, label_wnid and display of the classes, any of ImageNet's 1,000; those
            that it lacks are left out of the answers.
        labelset: its name, for the metadata.
        outputs, method, temperature, background: see `Head`; outputs None: as the values say.
        pictures: a folder or list to check it on.

    Returns what was measured: `largest_difference` of a probability between the model and the
    file, and with pictures their number and the shares whose class and label are right. Raises
    UserError if the model's outputs can't be summed, or it does better by another preprocessing.
    """
    wnids = named_list("imagenet-1k")
    rows = table.set_index("wnid").reindex([wnid for wnid in wnids if wnid in set(table["wnid"])])
    columns = (rows.index, *(rows[name] for name in ("label", "label_wnid", "display")))
    entries = label_entries(*(list(column) for column in columns))
    number = {wnid: n for n, entry in enumerate(entries) for wnid in entry["classes"]}
    inputs = noise(source.preprocessing)
    found = source.answers(inputs)
    check_outputs(found, background)
    kind = outputs or source.kind or kind_of(found[:, background:])
    head = Head([number.get(wnid, -1) for wnid in wnids], kind, method, temperature, background)
    assumed = [*source.assumed, *([f"its outputs are {kind}"] * (not outputs and not source.kind))]
    if assumed:
        logger.info("%s: assumed: %s", source.about["model"], "; ".join(assumed))
    more: dict[str, Any] = {"classes": _classes(list(rows.index), number)}
    measured: dict[str, Any] = {}
    if pictures:
        shown = labelled_pictures(pictures, wnids)
        if not source.kind:
            refuse_worse(source.answers, head, source.preprocessing, shown, wnids)
        checked = check(source.answers, head, source.preprocessing, shown, wnids)
        more["thresholds"] = checked.thresholds
        measured = {key: getattr(checked, key) for key in ("pictures", "classes", "labels")}
        logger.info(
            "%s: on %d pictures %.1f%% right in %d classes, %.1f%% in %d labels",
            *(source.about["model"], checked.pictures, 100 * checked.classes, len(rows)),
            *(100 * checked.labels, len(entries)),
        )
    expected = head.labels_of(head.classes_of(found))
    graph = head.add_to(source.graph, source.output)
    about = source.about | {
        "labelset": labelset,
        "method": method,
        "temperature": temperature,
        "dataset": f"ImageNet's {len(rows):,} classes",
        "synthetic": False,
    }
    difference = write_classifier(
        graph, entries, source.preprocessing, about, target, inputs, expected, **more
    )
    how = "summed" if method == "sum" else "merged by their best class"
    logger.info(
        "%s: %d classes %s to %d labels, exact to %.1g",
        *(target, len(rows), how, len(entries), difference),
    )
    return {"largest_difference": difference, **measured}


def complete(table: pandas.DataFrame, name: str) -> pandas.DataFrame:
    """The rows of a label set that labels each of ImageNet's 1,000 classes; UserError if not."""
    classes = set(named_list("imagenet-1k"))
    named = set(table["wnid"][table["label"].str.strip() != ""])
    for wrong, what in (
        (sorted(classes - named), "without a label"),
        (sorted(set(table["wnid"]) - classes), "labelled but unknown"),
    ):
        if wrong:
            more = ", …" if len(wrong) > 5 else ""
            raise UserError(
                f"{name}: classes {what} ({len(wrong):,}): {', '.join(wrong[:5])}{more}; "
                f"pretrained models answer for ImageNet's {CLASSES:,} classes, so give a label "
                "set of just these"
            )
    return table


def from_library(model: str, weights: str) -> Source:
    """A network of a library, as `library_network` names it, with its weights."""
    from cil.classifier.export import network_to_onnx

    network, preprocessing = library_network(model, weights)
    graph = network_to_onnx(network, preprocessing.side)
    return Source(
        graph,
        graph.graph.output[0].name,
        functools.partial(_run_torch, network),
        preprocessing,
        kind="logits",
        assumed=(),
        about={"model": model, "weights": weights},
    )


def _run_torch(network: Any, inputs: np.ndarray) -> np.ndarray:
    import torch

    with torch.inference_mode():
        outputs = network(torch.from_numpy(inputs)).numpy()
    return outputs.reshape(len(outputs), -1).astype(np.float64)


def from_file(arguments: argparse.Namespace) -> Source:
    """The model in the file --onnx; UserError unless it is clear what it takes and answers."""
    path: Path = arguments.onnx
    _check_units(arguments)
    widths = (CLASSES + arguments.background, CLASSES, CLASSES + 1)
    found = read_onnx(path, arguments.side, arguments.output_name, widths)
    if found.bytes_in:
        refuse_unused(arguments, ["mean", "std"], f"{path} takes values from 0 to 255 as they are")
        mean, std = (0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255)
    else:
        if found.prepares and not (arguments.mean and arguments.std):
            raise UserError(
                f"{path}: begins with work on pictures of its own ({found.prepares}), so that "
                "ImageNet's mean and std may be taken off twice; say what it takes: --mean 0 0 0 "
                "--std 1 1 1 where values are from 0 to 1, --mean 0 0 0 --std 0.0039216 0.0039216 "
                "0.0039216 where they are from 0 to 255"
            )
        mean = tuple(arguments.mean or IMAGENET_MEAN)
        std = tuple(arguments.std or IMAGENET_STD)
    resize = round(found.side * 256 / 224) if arguments.resize is None else arguments.resize
    preprocessing = Preprocessing(
        found.side, resize, arguments.interpolation or "bilinear", mean, std
    )
    assumed = [f"shorter side {resize} pixels"] * (arguments.resize is None)
    assumed += ["bilinear"] * (arguments.interpolation is None)
    for name, value in (("mean", mean), ("std", std)):
        if getattr(arguments, name) is None and not found.bytes_in:
            assumed.append(f"{name} {' '.join(map(str, value))}, ImageNet's")
    about = {"model": path.name, "weights": "of the file"}
    return Source(found.model, found.output, found.run, preprocessing, None, assumed, about)


def _check_units(arguments: argparse.Namespace) -> None:
    """Refuse a mean and std that are in units of 0 to 255."""
    for name, low in (("mean", 0.0), ("std", _LEAST_STD)):
        values = getattr(arguments, name)
        if values and all(map(math.isfinite, values)) and not all(low <= v <= 1 for v in values):
            if name == "std" and min(values) <= 0:
                continue  # said by Preprocessing
            scaled = " ".join(f"{value / 255:.4g}" for value in values)
            hint = f"; in these units it would be {scaled}" if max(values) > 1 else ""
            raise UserError(
                f"--{name}: found {' '.join(f'{value:g}' for value in values)}; expected values "
                f"from {low:.2g} to 1, as pictures have values from 0 to 1 before it is "
                f"taken off{hint}"
            )


def noise(preprocessing: Preprocessing) -> np.ndarray:
    """Four pictures to try a model on, as a network gets them: noise, finer and coarser."""
    side = preprocessing.side
    rng = np.random.default_rng(0)
    pictures = []
    for cells in (1, 2, 4, side):
        small = rng.integers(0, 256, (3, math.ceil(side / cells), math.ceil(side / cells)))
        pictures.append(small.repeat(cells, 1).repeat(cells, 2)[:, :side, :side])
    values = np.stack(pictures).astype(np.float32) / 255
    mean, std = (
        np.asarray(each, np.float32)[:, None, None]
        for each in (preprocessing.mean, preprocessing.std)
    )
    return np.ascontiguousarray((values - mean) / std)


def _classes(wnids: list[str], number: dict[str, int]) -> list[dict[str, Any]]:
    """The list `cil.classes`: the name of each class, and the number of its label."""
    names = class_names(wnids)["label"]
    return [
        {"wnid": wnid, "name": name, "label": number[wnid]}
        for wnid, name in zip(wnids, names, strict=True)
    ]
