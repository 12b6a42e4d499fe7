from pathlib import Path

import pytest

from cil.sources.wordnet import provide_wordnet


@pytest.fixture(scope="session")
def wordnet_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("resources") / "wordnet"
    provide_wordnet(folder)
    return folder
