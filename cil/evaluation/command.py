"""`cil evaluate`: how right a model of ImageNet's classes is in any label sets."""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas
from tqdm import tqdm

from cil.arguments import refuse_unused
from cil.classifier.collapse import (
    ONNX_ONLY,
    Source,
    complete,
    configure_onnx,
    from_file,
    from_library,
    noise,
)
from cil.classifier.head import Head
from cil.classifier.outputs import check_outputs, kind_of
from cil.classifier.pictures import BATCH, labelled_pictures
from cil.errors import UserError
from cil.evaluation.answers import answer, forgiven
from cil.evaluation.predictions import FORMS, read_predictions, read_truth, truth_for
from cil.evaluation.severity import mean_severity, severities
from cil.files import path_of, write_text
from cil.hierarchy import Hierarchy
from cil.images.named_lists import named_list
from cil.labels.asked import EXPERIMENT, HELP, asked_labels
from cil.labels.labelset import Label, LabelSet
from cil.report.scores import paired_bootstrap
from cil.report.table import Column, Measure, Table
from cil.writing import keep_apart

_Z = 1.959964  # of 95 %
COLUMNS = (
    Column("labelset", "Label set"),
    Column("labels", "Labels"),
    Column("sum_top1", "Top-1, summed (%)", best=""),
    Column("sum_interval", "95%"),
    Column("sum_top5", "Top-5, summed (%)"),
    Column("best_top1", "Top-1, best class (%)"),
    Column("difference", "Best class − summed [95%]", digits=2),
    Column("forgiven", "Errors forgiven (%)"),
    Column("ece", "ECE (%)"),
    Column("severity", "Severity", digits=2),
    Column("pictures", "Pictures"),
)
PER_LABEL = (
    Column("labelset", "Label set"),
    Column("label", "Label"),
    Column("pictures", "Pictures"),
    Column("top1", "Top-1 (%)"),
    Column("confused", "Most often called"),
)


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `cil evaluate`."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--model",
        metavar="LIBRARY/NAME",
        help="timm/<name>, torchvision/<name>, or package/efficientnet-lite0, which is installed",
    )
    source.add_argument("--onnx", type=path_of, metavar="FILE", help="a model of your own")
    source.add_argument(
        "--predictions",
        type=path_of,
        metavar="FILE",
        help=f"answers that you have ({', '.join(FORMS)}): a row per picture, a column per class, "
        "logits or probabilities",
    )
    parser.add_argument(
        "--pictures",
        type=path_of,
        metavar="PLACE",
        help="pictures in folders named by wnid or class number, or a list of pictures and wnids",
    )
    parser.add_argument(
        "--truth",
        type=path_of,
        metavar="FILE",
        help="for --predictions without pictures: a wnid or class number per line, perhaps behind "
        "the picture's name",
    )
    parser.add_argument(
        "--labels", required=True, nargs="+", metavar="LABELS", help=f"each of them {HELP}"
    )
    parser.add_argument(
        "--experiment",
        type=path_of,
        default=EXPERIMENT,
        metavar="RESULTS",
        help="where --labels looks for names, and whose hierarchy tells how severe an error is "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--weights",
        metavar="pretrained|random|FILE",
        help="for --model: the library's own (downloaded; the default), none, or a file of yours",
    )
    parser.add_argument(
        "--background",
        action="store_true",
        help="the first of 1,001 outputs is 'background', as TensorFlow's models have it",
    )
    parser.add_argument("--csv", type=path_of, metavar="FILE", help="also write the table as CSV")
    parser.add_argument("--html", type=path_of, metavar="FILE", help="also write it as a page")
    parser.add_argument(
        "--per-label", type=path_of, metavar="FILE", help="also write every label's accuracy (CSV)"
    )
    configure_onnx(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print a row per label set; the first is that of the original classes."""
    _check(arguments)
    wnids = named_list("imagenet-1k")
    outputs, truth, kind, source = _answers(arguments, wnids)
    check_outputs(outputs, arguments.background)
    kind = arguments.outputs or kind or kind_of(outputs[:, int(arguments.background) :])
    head = Head(None, kind, background=arguments.background)
    with np.errstate(divide="ignore"):
        logits = np.log(head.classes_of(outputs)).clip(-200).astype(np.float32)
    hierarchy = _hierarchy(arguments.experiment, wnids)
    asked = ["original", *(name for name in arguments.labels if name != "original")]
    rows: list[dict[str, Any]] = []
    per_label: list[dict[str, Any]] = []
    for name in asked:
        scored = Scored(name, asked_labels(name, arguments.experiment), wnids, logits, truth)
        rows.append(scored.row(hierarchy))
        per_label += scored.per_label()
    table = Table(COLUMNS, rows, _caption(source, kind, len(truth), hierarchy is not None))
    sys.stdout.write(table.to_markdown())
    table.write(**{kind: path for kind in ("csv", "html") if (path := getattr(arguments, kind))})
    if arguments.per_label:
        write_text(Table(PER_LABEL, per_label, "").to_csv(), arguments.per_label)
    return 0


class Scored:
    """A model's answers in one label set.

    Args:
        name: of the label set; table: its rows, as `asked_labels` gives them.
        wnids: the classes in the order of `logits` (pictures, classes).
        truth: the class number of each picture.
    """

    def __init__(
        self,
        name: str,
        table: pandas.DataFrame,
        wnids: Sequence[str],
        logits: np.ndarray,
        truth: np.ndarray,
    ) -> None:
        self.name, self.wnids, self.classes = name, wnids, truth
        self.table = complete(table, name).set_index("wnid").loc[list(wnids)]
        codes, self.labels = pandas.factorize(self.table["label"])
        self.shown = self.table.groupby("label", sort=False)["display"].first()[self.labels]
        self.mapping = codes
        self.truth = codes[truth]
        self.direct = answer(logits, truth)
        self.sum, self.best = (
            answer(logits, self.truth, codes, method) for method in ("sum", "argmax")
        )

    def row(self, hierarchy: Hierarchy | None) -> dict[str, Any]:
        """The values by COLUMNS; severity only with a hierarchy of these classes."""
        total = len(self.truth)
        merged = len(self.labels) < len(self.wnids)
        difference = paired_bootstrap(self.best.correct * 1.0, self.sum.correct * 1.0)
        low, high = wilson(int(self.sum.correct.sum()), total)
        return {
            "labelset": self.name,
            "labels": len(self.labels),
            "sum_top1": Measure(100 * self.sum.top1),
            "sum_interval": f"[{100 * low:.1f}, {100 * high:.1f}]",
            "sum_top5": Measure(100 * self.sum.top5),
            "best_top1": Measure(100 * self.best.top1) if merged else None,
            "difference": difference if merged else None,
            "forgiven": _measure(forgiven(self.direct.correct, self.best.correct), merged),
            "ece": Measure(100 * self.sum.ece),
            "severity": self._severity(hierarchy),
            "pictures": total,
        }

    def _severity(self, hierarchy: Hierarchy | None) -> Measure | None:
        if hierarchy is None:
            return None
        rows = self.table.itertuples()
        labels = {row.Index: Label(row.label, row.label_wnid) for row in rows}
        labelset = LabelSet(hierarchy, labels)
        met = severities(hierarchy, labelset)
        number = [labelset.label_index[hierarchy.index[wnid]] for wnid in self.wnids]
        same = dict(zip(self.mapping.tolist(), number, strict=True))
        predicted = np.array([same[label] for label in self.sum.predicted.tolist()])
        classes = np.array([hierarchy.index[wnid] for wnid in self.wnids])[self.classes]
        value = mean_severity(met, classes, predicted, self.sum.correct)
        return None if math.isnan(value) else Measure(value)

    def per_label(self) -> list[dict[str, Any]]:
        """The values by PER_LABEL, of labels that have pictures."""
        rows = []
        for label in np.unique(self.truth).tolist():
            chosen = self.truth == label
            wrong = self.sum.predicted[chosen & ~self.sum.correct]
            rows.append(
                {
                    "labelset": self.name,
                    "label": self.shown.iloc[label],
                    "pictures": int(chosen.sum()),
                    "top1": Measure(100 * float(self.sum.correct[chosen].mean())),
                    "confused": self.shown.iloc[np.bincount(wrong).argmax()]
                    if len(wrong)
                    else None,
                }
            )
        return rows

    def _commonest(self, labels: np.ndarray) -> str | None:
        return str(self.shown.iloc[np.bincount(labels).argmax()]) if len(labels) else None


def wilson(right: int, total: int) -> tuple[float, float]:
    """The 95% interval of a share, `right` of `total` (Wilson 1927)."""
    share, spread = right / total, _Z**2 / total
    middle = share + spread / 2
    width = _Z * math.sqrt(share * (1 - share) / total + spread / (4 * total))
    return (middle - width) / (1 + spread), (middle + width) / (1 + spread)


def _measure(share: float, holds: bool) -> Measure | None:
    return Measure(100 * share) if holds and not math.isnan(share) else None


def _check(arguments: argparse.Namespace) -> None:
    read = {"--onnx": arguments.onnx, "--predictions": arguments.predictions}
    read |= {"--truth": arguments.truth, "--pictures": arguments.pictures}
    written = {"--csv": arguments.csv, "--html": arguments.html, "--per-label": arguments.per_label}
    keep_apart(read, written)
    if arguments.predictions:
        why = "--predictions are answers already"
        refuse_unused(arguments, ["weights", *(n for n in ONNX_ONLY if n != "outputs")], why)
        if (arguments.pictures is None) == (arguments.truth is None):
            raise UserError("--predictions: give --pictures or --truth, to tell right from wrong")
        return
    if arguments.truth:
        raise UserError("--truth: is for --predictions; a model needs --pictures")
    if arguments.pictures is None:
        raise UserError("--pictures: missing; give pictures in folders named by wnid, or a list")
    if arguments.onnx:
        refuse_unused(arguments, ["weights"], "an --onnx file has its own")
    else:
        refuse_unused(arguments, ONNX_ONLY, "a --model knows its own; it is for --onnx")


def _answers(
    arguments: argparse.Namespace, wnids: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, str | None, str]:
    """Outputs, the class number of each picture, what the outputs are if known, where from."""
    if arguments.predictions:
        found = read_predictions(arguments.predictions, wnids)
        if arguments.truth:
            truth = read_truth(arguments.truth, len(found.outputs), found.names, wnids)
        else:
            shown = labelled_pictures(arguments.pictures, wnids)
            truth = truth_for(found, shown, wnids, arguments.pictures)
        met = "met with their pictures by name" if found.names else "met with the pictures in order"
        return found.outputs, truth, None, f"{arguments.predictions.name}, {met}"
    shown = labelled_pictures(arguments.pictures, wnids)
    source: Source
    if arguments.onnx:
        source = from_file(arguments)
    else:
        source = from_library(arguments.model, arguments.weights or "pretrained")
    check_outputs(source.answers(noise(source.preprocessing)), arguments.background)
    number = {wnid: index for index, wnid in enumerate(wnids)}
    truth = np.array([number[wnid] for wnid in shown.wnids])
    batches = tqdm(
        shown.batches(source.preprocessing), total=math.ceil(len(shown) / BATCH), unit="batch"
    )
    outputs = np.concatenate([source.answers(batch) for batch in batches])
    said = (
        f"{source.about['model']} ({'; '.join(source.assumed)} assumed)"
        if source.assumed
        else (source.about["model"])
    )
    return outputs, truth, source.kind, said


def _hierarchy(experiment: Path, wnids: Sequence[str]) -> Hierarchy | None:
    """The experiment's hierarchy, if it has one of just these classes."""
    if not (experiment / "hierarchy" / "classes.parquet").is_file():
        return None
    hierarchy = Hierarchy.read(experiment / "hierarchy")
    return hierarchy if set(hierarchy.classes) == set(wnids) else None


def _caption(source: str, kind: str, pictures: int, has_hierarchy: bool) -> str:
    severity = (
        "Severity: mean height at which wrong answers and the truth meet in WordNet. "
        if has_hierarchy
        else "Severity needs the hierarchy of an experiment with these classes (--experiment). "
    )
    return (
        f"{source}; {pictures:,} pictures; its outputs are {kind}. Summed: a label's probability "
        "is the sum of its classes'; best class: the label of the likeliest class answers. 95%: "
        "Wilson's interval; of the difference, in percentage points, by a paired bootstrap over "
        "pictures. Errors forgiven: of pictures whose class is wrong, those whose label is right "
        "by best class. ECE: expected calibration error over 15 bins, of sums. "
        + severity
        + "Fewer labels are easier by themselves: compare with random groups of the same sizes."
    )
