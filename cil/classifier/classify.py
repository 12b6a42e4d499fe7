"""`cil classify`: name what is on pictures, with nothing but onnxruntime, numpy and Pillow."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from PIL import Image

from cil.classifier.classifier import Classifier, Prediction, open_picture
from cil.errors import UserError
from cil.files import path_of
from cil.images.found import SUFFIXES, pictures_below

DEFAULT_MODEL = Path("results/default/export/classifier.onnx")
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
        default=DEFAULT_MODEL,
        help=f"an exported classifier (default: {DEFAULT_MODEL})",
    )
    parser.add_argument("--top", type=int, default=5, help="labels per picture (default: 5)")
    parser.add_argument("--json", action="store_true", help="one JSON object per picture and line")


def run(arguments: argparse.Namespace) -> int:
    """Answer for every picture that can be read; 1 if there was one that could not."""
    if arguments.top < 1:
        raise UserError(f"--top: found {arguments.top}; give 1 or more")
    classifier = Classifier(arguments.model)
    if classifier.about.get("synthetic"):
        sys.stderr.write("This classifier knows generated pictures only; it can't judge photos.\n")
    write = _write_json if arguments.json else _write_table
    failed = False
    for name, answer in answers(classifier, find(arguments.images), arguments.top):
        failed |= isinstance(answer, str)
        write(name, answer)
    return int(failed)


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


def _write_table(name: str, answer: list[Prediction] | str) -> None:
    if isinstance(answer, str):
        sys.stderr.write(f"{answer}\n")
        return
    lines = [f"  {100 * each.probability:5.1f} %  {each.label}" for each in answer]
    sys.stdout.write("\n".join([name, *lines, ""]))


def _write_json(name: str, answer: list[Prediction] | str) -> None:
    content = (
        {"error": answer}
        if isinstance(answer, str)
        else {"predictions": [vars(each) for each in answer]}
    )
    sys.stdout.write(json.dumps({"picture": name, **content}, ensure_ascii=False) + "\n")
