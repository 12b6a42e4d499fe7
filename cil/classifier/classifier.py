"""A classifier to take away: an ONNX file that says itself how to prepare pictures for it.

Its one input is float32 (pictures, 3, side, side), its first output the probabilities of labels
(pictures, labels). Where labels were merged after the network, as of a pretrained one, a second
output has the probabilities of classes (pictures, classes). Its metadata, all JSON:

    cil.preprocessing  Preprocessing, below
    cil.labels         a list by output: {"label", "wnid" or null, "classes": [wnid, …]}
    cil.classes        the same of the second output: {"wnid", "name", "label": its number}
    cil.thresholds     what was measured on pictures: the probability from which so large a share
                       of the answers is right: {"precision", "threshold", "coverage", "pictures"}
    cil.about          where it comes from: dataset, run, label set, whether it is synthetic

Using one needs onnxruntime, numpy and Pillow alone.
"""

import io
import json
import math
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from cil.errors import UserError
from cil.images.pixels import open_formats, unreadable, upright_rgb

INPUT, OUTPUT, CLASS_OUTPUT = "pictures", "probabilities", "class_probabilities"
LARGEST = 100_000_000  # pixels of a picture; decoding one of this size takes 300 MB
INTERPOLATIONS = tuple(name.lower() for name in Image.Resampling.__members__)
CROPS = ("center", "squash")


@dataclass(frozen=True)
class Preprocessing:
    """From a picture to the network's input.

    The picture's shorter side is fitted to `resize` pixels by `interpolation` (box, bilinear,
    bicubic, …, as Pillow names them), the centre of side×side pixels is kept (framed in black
    where `resize` is less), values from 0 to 1 are normalised by `mean` and `std` (RGB). Where
    `crop` is "squash", in timm's words, both sides are fitted to `resize`, whatever the shape.

    Raises UserError if a value is none by which a picture can be prepared.
    """

    side: int
    resize: int
    interpolation: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    crop: str = "center"

    def __post_init__(self) -> None:
        pixels = "a whole number of pixels above 0"
        sound = {
            "side": (isinstance(self.side, int) and self.side > 0, pixels),
            "resize": (isinstance(self.resize, int) and self.resize > 0, pixels),
            "interpolation": _one_of(self.interpolation, INTERPOLATIONS),
            "crop": _one_of(self.crop, CROPS),
            "mean": (_are_three(self.mean), "three finite numbers"),
            "std": (_are_three(self.std) and min(self.std) > 0, "three finite numbers above 0"),
        }
        for name, (is_sound, expected) in sound.items():
            if not is_sound:
                found = getattr(self, name)
                raise UserError(f"preprocessing: {name} is {found!r}; expected {expected}")

    def __call__(self, picture: Image.Image) -> np.ndarray:
        """The input for an RGB picture: float32 (3, side, side)."""
        method = Image.Resampling[self.interpolation.upper()]
        if method is Image.Resampling.BOX and min(picture.size) < self.resize:
            method = Image.Resampling.BICUBIC  # a box does not enlarge, it repeats
        if self.resize == self.side and self.crop == "center":
            # In one step, as the image store does it: the centre may lie between two pixels.
            picture = ImageOps.fit(picture, (self.side, self.side), method=method)
        else:
            picture = self._resized(picture, method)
        pixels = np.asarray(picture, np.float32) / 255
        normalised = (pixels - np.asarray(self.mean, np.float32)) / np.asarray(self.std, np.float32)
        return np.ascontiguousarray(normalised.transpose(2, 0, 1))

    def _resized(self, picture: Image.Image, method: Image.Resampling) -> Image.Image:
        """As torchvision's Resize and CenterCrop do it, in whole pixels."""
        size = (self.resize, self.resize)
        if self.crop == "center":
            scale = self.resize / min(picture.size)
            width, height = (max(int(length * scale), self.resize) for length in picture.size)
            size = (width, height)
        left, top = (round((length - self.side) / 2) for length in size)
        return picture.resize(size, method).crop((left, top, left + self.side, top + self.side))

    def to_json(self) -> str:
        """As the metadata holds it."""
        return json.dumps(asdict(self))


def _one_of(value: Any, names: Sequence[str]) -> tuple[bool, str]:
    return value in names, f"one of {', '.join(names)}"


def _are_three(values: Sequence[float]) -> bool:
    return len(values) == 3 and all(map(math.isfinite, values))


@dataclass(frozen=True)
class Prediction:
    """A label with its probability; `detail` and `sure`: its likeliest class, and of that one."""

    label: str
    probability: float
    detail: str | None = None
    sure: float | None = None


class Classifier:
    """An exported classifier, opened for use on the CPU.

    Raises UserError if onnxruntime is missing, or `path` is not a classifier of this project.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = path
        try:
            import onnxruntime
        except ModuleNotFoundError:
            raise UserError(
                "classifying needs onnxruntime, which is not installed; run: "
                "pip install 'clustered-imagenet-labels[classify]'"
            ) from None
        if not Path(path).is_file():
            raise UserError(
                f"{path}: there is no such file; name an exported classifier by --model"
            )
        try:
            self._session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises a dozen kinds of its own
            raise UserError(f"{path}: not a readable ONNX file ({error})") from None
        metadata = self._session.get_modelmeta().custom_metadata_map
        try:
            self.preprocessing = Preprocessing(**json.loads(metadata["cil.preprocessing"]))
            self.labels: list[dict[str, Any]] = json.loads(metadata["cil.labels"])
            self.about: dict[str, Any] = json.loads(metadata["cil.about"])
            self.classes: list[dict[str, Any]] = json.loads(metadata.get("cil.classes", "[]"))
            self.thresholds: list[dict[str, float]] = json.loads(
                metadata.get("cil.thresholds", "[]")
            )
        except (KeyError, TypeError, ValueError, UserError) as error:
            raise UserError(
                f"{path}: lacks or garbles the metadata of an exported classifier ({error}); "
                "make one by the pipeline, or of any ImageNet model by `cil collapse`"
            ) from None

    def probabilities(self, inputs: np.ndarray) -> np.ndarray:
        """The probabilities, float32 (pictures, labels), of inputs (pictures, 3, side, side)."""
        return self._run([OUTPUT], inputs)[0]

    def all_probabilities(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The probabilities of labels and of classes, float32, the same where none were merged."""
        found = self._run([OUTPUT, CLASS_OUTPUT] if self.classes else [OUTPUT], inputs)
        return found[0], found[-1]

    def _run(self, outputs: list[str], inputs: np.ndarray) -> list[np.ndarray]:
        if self._session.get_inputs()[0].shape[0] != 1:
            return self._session.run(outputs, {INPUT: inputs})
        # A model made for single pictures.
        parts = [self._session.run(outputs, {INPUT: picture[None]}) for picture in inputs]
        return [np.concatenate(part) for part in zip(*parts, strict=True)]

    def best(self, pictures: Sequence[Image.Image], top: int) -> list[list[Prediction]]:
        """The `top` most probable labels of each RGB picture, the most probable first."""
        inputs = np.stack([self.preprocessing(picture) for picture in pictures])
        labels, classes = self.all_probabilities(inputs)
        return [
            [
                self._prediction(index, row, of_classes)
                for index in np.argsort(-row, kind="stable")[:top]
            ]
            for row, of_classes in zip(labels, classes, strict=True)
        ]

    def _prediction(self, label: int, labels: np.ndarray, classes: np.ndarray) -> Prediction:
        members = self._members.get(label, [])
        entry = self.labels[label]
        name, probability = entry.get("display") or entry["label"], float(labels[label])
        if not members:
            return Prediction(name, probability)
        best = max(members, key=lambda number: classes[number])
        return Prediction(name, probability, self.classes[best]["name"], float(classes[best]))

    @cached_property
    def _members(self) -> dict[int, list[int]]:
        """The classes of each label that was merged, by their numbers."""
        members: dict[int, list[int]] = {}
        for number, entry in enumerate(self.classes):
            members.setdefault(entry["label"], []).append(number)
        return members

    @property
    def blank(self) -> float:
        """The least probability of an answer: a picture of nothing hardly reaches it.

        Where classes were summed, such a picture gives a label what its share of the classes is,
        118 of 1,000 for dog; twice the largest share is asked for, or of unmerged labels.
        """
        largest = max(len(entry["classes"]) for entry in self.labels) if self.classes else 1
        return min(0.5, 2 * largest / max(1, sum(len(each["classes"]) for each in self.labels)))

    def threshold(self, precision: float) -> float | None:
        """The probability from which that share of the answers is right; None if not measured."""
        found = [each for each in self.thresholds if each["precision"] == precision]
        return found[0]["threshold"] if found else None


def open_picture(content: bytes, name: str | Path, side: int) -> Image.Image:
    """The picture in `content` as RGB, upright, at least twice `side` if it can be.

    Raises UserError if it is no picture, damaged, or larger than LARGEST pixels.
    """
    try:
        with warnings.catch_warnings():
            # Odd EXIF data or palettes do no harm; size is checked below, before decoding.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=open_formats()) as picture:
                width, height = picture.size
                if width * height > LARGEST:
                    raise Image.DecompressionBombError(f"{width}×{height}")
                # JPEG can be decoded at a fraction of its size, at a fraction of the time.
                picture.draft("RGB", (2 * side, 2 * side))
                return upright_rgb(picture)
    except Image.DecompressionBombError:
        raise UserError(
            f"{name}: more than {LARGEST // 1_000_000} million pixels; make it smaller"
        ) from None
    except UnidentifiedImageError:
        raise UserError(f"{name}: {unreadable(content)}") from None
    except Exception as error:  # decoders answer damage with a dozen kinds of exceptions
        raise UserError(f"{name}: a damaged picture ({error})") from None
