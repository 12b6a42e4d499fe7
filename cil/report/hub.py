"""What a hub of models and data sets reads of a card: YAML before its text."""

from typing import Any

import yaml

TAGS = ("imagenet", "wordnet", "clustered-imagenet-labels")


def with_metadata(card: str, **fields: Any) -> str:
    """The card with `fields` before it, as Hugging Face's Hub reads them."""
    listed = {"tags": list(TAGS), **fields}
    return f"---\n{yaml.safe_dump(listed, sort_keys=False, allow_unicode=True)}---\n\n{card}"


def model_metadata(synthetic: bool, licence: str = "other") -> dict[str, Any]:
    """Of a classifier in ONNX; `licence`: of its weights."""
    fields: dict[str, Any] = {
        "library_name": "onnx",
        "pipeline_tag": "image-classification",
        "license": licence,
    }
    return fields if synthetic else fields | {"datasets": ["ILSVRC/imagenet-1k"]}


def label_set_metadata(name: str, labels: int) -> dict[str, Any]:
    """Of a label set of `labels` labels."""
    return {
        "pretty_name": f"Clustered ImageNet Labels, {name}: {labels} labels",
        "license": "mit",
        "task_categories": ["image-classification"],
    }
