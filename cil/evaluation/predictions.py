"""A model's answers to pictures, as people keep them: arrays or tables, with or without names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas

from cil.classifier.pictures import LabelledPictures
from cil.errors import UserError
from cil.files import read_text

FORMS = (".npy", ".npz", ".csv", ".parquet")
_WNID = re.compile(r"n\d{8}")
_ARRAYS = ("logits", "probabilities", "outputs", "predictions")


@dataclass(frozen=True)
class Predictions:
    """Outputs of a model, float64 (pictures, classes), and the pictures' names where given."""

    outputs: np.ndarray
    names: Sequence[str] | None = None


def read_predictions(path: Path, wnids: Sequence[str]) -> Predictions:
    """The answers in a file.

    An array (.npy, .npz) has a row per picture and a column per class, in the order of `wnids`. A
    table (.csv, .parquet) has such columns, named by wnid or number in any order, or without
    names as they come; a column of texts has the pictures' names.

    Raises UserError if the file is of no such form.
    """
    if not path.is_file() or path.suffix not in FORMS:
        raise UserError(f"{path}: expected a file of answers ({', '.join(FORMS)})")
    try:
        if path.suffix in (".csv", ".parquet"):
            return _from_table(path, wnids)
        found = _from_array(path)
    except (OSError, ValueError, EOFError, pandas.errors.ParserError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from None
    if found.ndim != 2 or not np.issubdtype(found.dtype, np.number):
        raise UserError(
            f"{path}: holds {found.dtype} of shape {found.shape}; expected numbers, "
            "(pictures, classes)"
        )
    return Predictions(found.astype(np.float64))


def _from_array(path: Path) -> np.ndarray:
    loaded = np.load(path, allow_pickle=False)
    if isinstance(loaded, np.ndarray):
        return loaded
    names = list(loaded.files)
    chosen = [name for name in _ARRAYS if name in names] or (names if len(names) == 1 else [])
    if not chosen:
        raise UserError(
            f"{path}: holds {', '.join(names)}; expected one array, or one named "
            f"{' or '.join(_ARRAYS[:2])}"
        )
    return loaded[chosen[0]]


def _from_table(path: Path, wnids: Sequence[str]) -> Predictions:
    table = pandas.read_parquet(path) if path.suffix == ".parquet" else pandas.read_csv(path)
    texts = [name for name in table.columns if not pandas.api.types.is_numeric_dtype(table[name])]
    if len(texts) > 1:
        raise UserError(
            f"{path}: columns {', '.join(map(str, texts[:5]))} hold texts; expected one at most, "
            "the pictures' names, and numbers in all others"
        )
    names = table[texts[0]].astype(str).tolist() if texts else None
    answers = table.drop(columns=texts)
    columns = list(map(str, answers.columns))
    if all(map(_WNID.fullmatch, columns)):
        wrong = sorted(set(columns) ^ set(wnids))
        if wrong:
            raise UserError(
                f"{path}: its columns are not the {len(wnids):,} classes: {', '.join(wrong[:5])} "
                "stand on one side only"
            )
        answers = answers.set_axis(columns, axis=1)[list(wnids)]
    elif all(map(str.isdecimal, columns)) and sorted(map(int, columns)) == list(
        range(len(columns))
    ):
        order = sorted(columns, key=int)
        answers = answers.set_axis(columns, axis=1)[order]
    elif any(map(_WNID.fullmatch, columns)):
        other = next(name for name in columns if not _WNID.fullmatch(name))
        raise UserError(f"{path}: column {other!r} is no class, though others are wnids")
    return Predictions(answers.to_numpy(np.float64), names)


def truth_for(
    predictions: Predictions, pictures: LabelledPictures, wnids: Sequence[str], place: Path
) -> np.ndarray:
    """The class number of the picture of each row of `predictions`.

    Rows with names go to the pictures of these names, others to the pictures in order. Raises
    UserError if their numbers differ, or a name is that of no picture or of several.
    """
    number = {wnid: index for index, wnid in enumerate(wnids)}
    classes = np.array([number[wnid] for wnid in pictures.wnids])
    if predictions.names is None:
        _same_number(len(predictions.outputs), len(pictures), place)
        return classes
    by_name: dict[str, list[int]] = {}
    for index, file in enumerate(pictures.files):
        by_name.setdefault(file.name, []).append(index)
    rows = []
    for name in predictions.names:
        found = by_name.get(Path(name).name, [])
        if len(found) > 1:  # the same name in several folders
            found = [i for i in found if str(pictures.files[i]).endswith(name)] or found
        if len(found) != 1:
            raise UserError(
                f"the answers name the picture {name}, of which {place} has {len(found)}; expected "
                "one"
            )
        rows += found
    return classes[rows]


def read_truth(
    path: Path, rows: int, names: Sequence[str] | None, wnids: Sequence[str]
) -> np.ndarray:
    """The class number of each picture, from a file: wnids or numbers, a line per picture.

    A line may begin with the picture's name, which is then met with `names`. Raises UserError if
    a line names no class, or the pictures are others than those of the answers.
    """
    number = {wnid: index for index, wnid in enumerate(wnids)}
    number |= {str(index): index for index in range(len(wnids))}
    found: list[tuple[str, int]] = []
    for place, line in enumerate(read_text(path).splitlines(), 1):
        cells = [cell.strip().strip("\"'") for cell in re.split(r"[,\t ]+", line.strip()) if cell]
        if not cells:
            continue
        if cells[-1] not in number:
            if place == 1:
                continue  # a heading
            raise UserError(
                f"{path}, line {place}: found {line[:80]!r}; expected a wnid or a class number "
                f"below {len(wnids):,} at its end"
            )
        found.append((Path(cells[0]).name if len(cells) > 1 else "", number[cells[-1]]))
    if names is None or not all(name for name, _ in found):
        _same_number(rows, len(found), path)
        return np.array([index for _, index in found])
    by_name = dict(found)
    lacking = [name for name in names if Path(name).name not in by_name]
    if lacking:
        raise UserError(f"{path}: has no class for {lacking[0]}, which the answers name")
    return np.array([by_name[Path(name).name] for name in names])


def _same_number(answers: int, pictures: int, place: Path) -> None:
    if answers != pictures:
        raise UserError(
            f"{place}: has {pictures:,} pictures, but there are answers to {answers:,}; give the "
            "same ones, or answers with the names of their pictures"
        )
