"""What many tests share: the real WordNet, provided once, and ImageNet's hierarchy in it."""

from pathlib import Path

import pytest
from timm.data import ImageNetInfo

from cil.errors import UserError
from cil.hierarchy import Hierarchy
from cil.sources.wordnet import open_wordnet, provide_wordnet

# The folder that the workflow fills as well.
WORDNET = Path(__file__).resolve().parents[1] / "resources" / "wordnet"


@pytest.fixture(scope="session")
def wordnet():
    """NLTK's reader of WordNet 3.0."""
    try:
        return open_wordnet(WORDNET)
    except UserError:
        provide_wordnet(WORDNET)
        return open_wordnet(WORDNET)


@pytest.fixture(scope="session")
def hierarchy(wordnet) -> Hierarchy:
    """The hierarchy above ImageNet's 1,000 classes."""
    return Hierarchy.from_wordnet(wordnet, sorted(ImageNetInfo("imagenet-1k").label_names()))
