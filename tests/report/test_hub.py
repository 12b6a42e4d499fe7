"""What Hugging Face's Hub reads of our cards."""

import pytest
from huggingface_hub import DatasetCard, ModelCard

from cil.report.hub import label_set_metadata, model_metadata, with_metadata


@pytest.mark.parametrize("synthetic", [False, True])
def test_a_model_card_says_what_the_model_is(synthetic):
    card = ModelCard(with_metadata("# A classifier\n", **model_metadata(synthetic)))
    assert card.data.pipeline_tag == "image-classification"
    assert card.data.library_name == "onnx"
    assert card.data.datasets == (None if synthetic else ["ILSVRC/imagenet-1k"])
    assert card.text.strip() == "# A classifier"


def test_a_label_card_says_what_the_label_set_is():
    card = DatasetCard(with_metadata("# Label set cil\n", **label_set_metadata("cil", 488)))
    assert card.data.pretty_name == "Clustered ImageNet Labels, cil: 488 labels"
    assert card.data.license == "mit"
    assert "imagenet" in card.data.tags
