"""What the tests of label sets share: counts and names measured offline, the published labels."""

import os
from pathlib import Path

import pytest

from cil.hierarchy import Hierarchy
from cil.labels.named import from_file
from cil.labels.naming import naming_table
from cil.search.counts import count_names
from cil.search.sources.wordfreq import WordFreq

PUBLISHED = "clustered_imagenet_labels.json"


@pytest.fixture(scope="session")
def counts(hierarchy):
    return count_names(
        WordFreq(), sorted({synset.name for synset in hierarchy.synsets.values()}), {}
    )


@pytest.fixture(scope="session")
def naming(hierarchy: Hierarchy, nouns, counts):
    return naming_table(hierarchy, nouns, counts).set_index("wnid")


@pytest.fixture(scope="session")
def published(hierarchy):
    path = Path(os.environ.get("CIL_MIRROR", "")) / PUBLISHED
    if not os.environ.get("CIL_MIRROR") or not path.is_file():
        pytest.skip(f"CIL_MIRROR names no folder with {PUBLISHED}")
    return from_file(hierarchy, path)
