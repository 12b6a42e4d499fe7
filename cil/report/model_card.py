"""The card of an exported classifier: what it is, what it is good for, what it is not."""

from collections.abc import Mapping, Sequence
from typing import Any

from cil.report.scores import DataSet, Scores
from cil.report.table import Column, Measure, Table, Value

WEAKEST = 10

RECIPE = {
    "network": "network",
    "width": "channels of the first stage",
    "epochs": "epochs",
    "batch_size": "batch size",
    "learning_rate": "highest learning rate",
    "schedule": "schedule",
    "momentum": "momentum",
    "weight_decay": "weight decay",
    "label_smoothing": "label smoothing",
    "flip": "random mirroring",
    "crop_padding": "random crop, pixels of padding",
}

LICENCES = """\
- Code that made this file: MIT.
- Label names and hierarchy: WordNet 3.0, Princeton University; free with its notice
  (<https://wordnet.princeton.edu/license-and-commercial-use>).
- Photographs of ImageNet and of what is derived from it: for non-commercial research and education;
  their rights stay with their owners, and whether a network trained on them may be used otherwise
  is for you to clear. Generated pictures are free of such rights.
"""


def model_card(
    config: Mapping[str, Any],
    labels: Sequence[Mapping[str, Any]],
    training: Mapping[str, Any],
    parity: Mapping[str, Any],
    scores: Scores,
    per_label: Sequence[Mapping[str, str]],
    data: DataSet,
    size: int,
) -> str:
    """The card in Markdown.

    Args:
        config: run, seed, labelset, finetune, source (the run on original labels).
        labels: labels.json; training: the run's metrics.json; parity: parity.json.
        per_label: the rows of evaluation/per_label.csv; size: bytes of the classifier.
    """
    run, labelset = config["run"], config["labelset"]
    origin = f"finetuned from `{config['finetune']}`" if config["finetune"] else "from scratch"
    merged = [entry for entry in labels if len(entry["classes"]) > 1]
    largest = max(labels, key=lambda entry: len(entry["classes"]))
    simulated = scores.simulated(labels=labelset)
    votes = " The votes behind the label set are simulated." if simulated else ""
    return "\n".join(
        [
            f"# Classifier of {len(labels)} labels",
            "",
            *_warning(data),
            f"`classifier.onnx` ({size / 1e6:.1f} MB) names what is on a picture by one of "
            f"{len(labels)} labels (`labels.json`), which stand for "
            f"{sum(len(entry['classes']) for entry in labels):,} ImageNet classes. {len(merged)} "
            f"labels merge several classes; the largest, *{largest['label']}*, merges "
            f"{len(largest['classes'])}.",
            "",
            "```bash",
            "cil classify cat.jpg --model classifier.onnx --top 5",
            "```",
            "",
            "needs onnxruntime, numpy and Pillow alone. Input: `pictures`, float32 (N, 3, "
            f"{training['resolution']}, {training['resolution']}); output: `probabilities`, "
            "float32 (N, labels). The file's metadata holds the preprocessing, the label names "
            "and the label set.",
            "",
            "## Data",
            "",
            data.sentence() + votes,
            "",
            "## Training",
            "",
            f"Run `{run}`, seed {config['seed']}, label set `{labelset}`, {origin}.",
            "",
            *_recipe(training["config"]),
            "",
            "## Accuracy",
            "",
            _accuracy(config, scores).to_markdown(),
            *_weakest(per_label, run, config["seed"]),
            f"The file answers as torch does: on {parity['pictures']} validation pictures the "
            f"probabilities differ by at most {parity['largest_difference']:.1g} (allowed "
            f"{parity['tolerance']:g}).",
            "",
            "## Limits",
            "",
            f"- It sees {training['resolution']}×{training['resolution']} pixels of the middle of "
            "a picture, and always names one of its labels, also for what is none of them.",
            "- Its labels are as fine as its label set: it does not tell apart what they merge.",
            "- ImageNet's photographs show the web of about 2010, unevenly over the world's people "
            "and places; so does what was learnt from them.",
            "- Accuracy was measured on validation pictures of the same source; others are harder.",
            "",
            "## Licences",
            "",
            LICENCES,
        ]
    )


def _warning(data: DataSet) -> list[str]:
    if not data.synthetic:
        return []
    return [
        "> **Trained on synthetic pictures.** It shows that the workflow works, and is no judge of "
        "photographs.",
        "",
    ]


def _recipe(recipe: Mapping[str, Any]) -> list[str]:
    known = {name: recipe[key] for key, name in RECIPE.items() if key in recipe}
    return ["| choice | value |", "| --- | --- |"] + [
        f"| {name} | {value} |" for name, value in known.items()
    ]


def _accuracy(config: Mapping[str, Any], scores: Scores) -> Table:
    """This very network, and what it must be compared with."""
    ways = [
        ("this classifier", config["run"], "direct"),
        ("network of original labels, summed", config["source"], "sum"),
    ]
    rows: list[dict[str, Value]] = []
    for name, run, method in ways:
        found = scores.select(
            run=run, labels=config["labelset"], method=method, seed=str(config["seed"])
        )
        rows += [
            {
                "answer": name,
                "top1": Measure(100 * row["top1"]),
                "top5": Measure(100 * row["top5"]),
                "ece": Measure(100 * row["ece"]),
            }
            for row in found
        ]
    columns = [
        Column("answer", "Answer"),
        Column("top1", "Top-1 (%)"),
        Column("top5", "Top-5 (%)"),
        Column("ece", "Calibration error (%)"),
    ]
    return Table(columns, rows, "On the validation pictures, in the same label set.")


def _weakest(per_label: Sequence[Mapping[str, str]], run: str, seed: int) -> list[str]:
    rows = [row for row in per_label if (row["run"], row["seed"]) == (run, str(seed))]
    rows = sorted(rows, key=lambda row: (float(row["top1"]), row["label"]))[:WEAKEST]
    if not rows:
        return []
    names = ", ".join(f"{row['label']} ({100 * float(row['top1']):.0f} %)" for row in rows)
    return [f"Least often right on: {names}.", ""]
