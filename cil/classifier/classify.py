"""`cil classify`: name what is on pictures, with nothing but onnxruntime, numpy and Pillow."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from PIL import Image

from cil.classifier.classifier import Classifier, Prediction, open_picture
from cil.errors import UserError
from cil.files import path_of
from cil.images.found import SUFFIXES, pictures_below

# A pretrained network first: what a default experiment trains knows generated pictures only.
DEFAULT_MODELS = tuple(
    Path("results/default/export") / name for name in ("pretrained.onnx", "classifier.onnx")
)
SURE = 0.7  # probability from which a class is named beside its label
STANDARD_INPUT = "-"
BATCH = 16

# A picture's name with its predictions, or with what is wrong with it.
Answer = tuple[str, list[Prediction] | str]


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `cil classify`."""
    parser.add_argument(
        "images",
        nargs="+",
        metavar="IMAGE",
        help="picture files, folders (searched for pictures), or - for one from standard input",
    )
    parser.add_argument(
        "--model",
        type=path_of,
        help=f"an exported classifier (default: {DEFAULT_MODELS[0]}, or {DEFAULT_MODELS[1].name} "
        "there)",
    )
    parser.add_argument("--top", type=int, default=5, help="labels per picture (default: 5)")
    parser.add_argument(
        "--detail",
        action="store_true",
        help=f"name the class as well, dog (beagle 0.81), where its probability is {SURE} or more",
    )
    sure = parser.add_mutually_exclusive_group()
    sure.add_argument(
        "--threshold",
        type=float,
        help="answer 'none of these' where no label has this probability (default: twice the "
        "largest share of classes that one label has, which a blank picture may reach)",
    )
    sure.add_argument(
        "--precision",
        type=float,
        help="the threshold from which so large a share of the answers was right on the pictures "
        "that the classifier was checked on, such as 0.95",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per picture and line")


def run(arguments: argparse.Namespace) -> int:
    """Answer for every picture that can be read; 1 if there was one that could not."""
    if arguments.top < 1:
        raise UserError(f"--top: found {arguments.top}; give 1 or more")
    there = [path for path in DEFAULT_MODELS if path.is_file()]
    classifier = Classifier(arguments.model or (there or DEFAULT_MODELS)[0])
    if classifier.about.get("synthetic"):
        sys.stderr.write("This classifier knows generated pictures only; it can't judge photos.\n")
    if arguments.detail and not classifier.classes:
        raise UserError(
            f"--detail: {classifier.path} was trained for its labels and knows no classes below "
            "them; leave it out, or take a classifier by `cil collapse`"
        )
    write = _Writer(_threshold(classifier, arguments), arguments.detail, arguments.json)
    failed = False
    for name, answer in answers(classifier, find(arguments.images), arguments.top):
        failed |= isinstance(answer, str)
        write(name, answer)
    return int(failed)


def _threshold(classifier: Classifier, arguments: argparse.Namespace) -> float:
    """The probability that the best label must have to be an answer."""
    if arguments.precision is not None:
        found = classifier.threshold(arguments.precision)
        if found is None:
            known = ", ".join(f"{each['precision']:g}" for each in classifier.thresholds)
            raise UserError(
                f"--precision: found {arguments.precision:g}; {classifier.path} "
                + (f"was checked for {known}" if known else "was not checked on pictures")
                + "; `cil collapse --check PICTURES` measures it, and --threshold takes any value"
            )
        return found
    if arguments.threshold is None:
        return classifier.blank
    if not 0 <= arguments.threshold <= 1:
        raise UserError(f"--threshold: found {arguments.threshold:g}; give a value from 0 to 1")
    return arguments.threshold


def find(places: Iterable[str]) -> Iterator[str]:
    """The pictures named by `places`; a folder stands for those in it, sorted by path.

    A folder without any stands for itself, for its reader to hear of it.
    """
    for place in places:
        pictures = []
        if place != STANDARD_INPUT and Path(place).is_dir():
            pictures = [str(path) for path in pictures_below(place)]
        yield from pictures or [place]


def answers(classifier: Classifier, names: Iterable[str], top: int) -> Iterator[Answer]:
    """An answer for each picture in order, computed in batches."""
    names = iter(names)
    while batch := list(islice(names, BATCH)):
        pictures = [_read(name, classifier.preprocessing.resize) for name in batch]
        readable = [picture for picture in pictures if isinstance(picture, Image.Image)]
        found = iter(classifier.best(readable, top) if readable else [])
        for name, picture in zip(batch, pictures, strict=True):
            yield name, picture if isinstance(picture, str) else next(found)


def _read(name: str, side: int) -> Image.Image | str:
    """The picture, or one line that says why there is none."""
    try:
        if name.startswith(("http://", "https://")):
            return f"{name}: addresses are not fetched; download it, or pipe it into `classify -`"
        if name == STANDARD_INPUT:
            return open_picture(sys.stdin.buffer.read(), "standard input", side)
        if Path(name).is_dir():
            return f"{name}: no pictures in this folder ({', '.join(sorted(SUFFIXES))})"
        return open_picture(Path(name).read_bytes(), name, side)
    except OSError as error:
        return f"{name}: {error.strerror or error}"
    except UserError as error:
        return str(error)


class _Writer:
    """Writes answers, each as soon as it is there.

    Args:
        threshold: below it the best label is no answer; detail: classes are named as well.
    """

    def __init__(self, threshold: float, detail: bool, as_json: bool) -> None:
        self.threshold, self.detail = threshold, detail
        self.write = self._json if as_json else self._table

    def __call__(self, name: str, answer: list[Prediction] | str) -> None:
        self.write(name, answer)

    def _table(self, name: str, answer: list[Prediction] | str) -> None:
        if isinstance(answer, str):
            sys.stderr.write(f"{answer}\n")
            return
        lines = [f"  {100 * each.probability:5.1f} %  {self._named(each)}" for each in answer]
        if answer[0].probability < self.threshold:
            none = f"  none of these: no label reaches {100 * self.threshold:.0f} %; the likeliest:"
            lines.insert(0, none)
        sys.stdout.write("\n".join([name, *lines, ""]))

    def _named(self, each: Prediction) -> str:
        return f"{each.label} ({each.detail} {each.sure:.2f})" if self._tells(each) else each.label

    def _tells(self, each: Prediction) -> bool:
        """Whether the class says more than the label, and is sure enough."""
        return (
            self.detail
            and each.sure is not None
            and each.sure >= SURE
            and (each.detail != each.label)
        )

    def _json(self, name: str, answer: list[Prediction] | str) -> None:
        content: dict[str, Any]
        if isinstance(answer, str):
            content = {"error": answer}
        else:
            sure = answer[0].probability >= self.threshold
            content = {
                "answer": answer[0].label if sure else None,
                "predictions": [self._entry(each) for each in answer],
            }
        sys.stdout.write(json.dumps({"picture": name, **content}, ensure_ascii=False) + "\n")

    def _entry(self, each: Prediction) -> dict[str, Any]:
        entry: dict[str, Any] = {"label": each.label, "probability": each.probability}
        if self.detail and each.sure is not None:
            entry |= {"class": each.detail, "class_probability": each.sure}
        return entry
