"""What many tests share: the real WordNet, provided once, and ImageNet's hierarchy in it."""

import contextlib
import os
import shutil
from pathlib import Path

import pytest
from project import Project

from cil.errors import UserError
from cil.hierarchy import Hierarchy
from cil.images.class_list import class_list
from cil.sources.hypernyms import hierarchy_above
from cil.sources.nouns import Nouns
from cil.sources.wordnet import open_wordnet, provide_wordnet

# The folder that the workflow fills as well.
WORDNET = Path(__file__).resolve().parents[1] / "resources" / "wordnet"


def pytest_sessionstart(session: pytest.Session) -> None:
    """Provide WordNet before there are workers that would all do so."""
    if not hasattr(session.config, "workerinput") and not WORDNET.is_dir():
        with contextlib.suppress(UserError):  # the tests that need it will say so
            provide_wordnet(WORDNET)


@pytest.fixture(scope="session")
def wordnet():
    """NLTK's reader of WordNet 3.0."""
    try:
        return open_wordnet(WORDNET)
    except UserError:
        provide_wordnet(WORDNET)
        return open_wordnet(WORDNET)


@pytest.fixture(scope="session")
def wordnet_folder(wordnet) -> Path:
    """The folder that holds it."""
    return WORDNET


@pytest.fixture(scope="session")
def nouns(wordnet) -> Nouns:
    """The nouns of WordNet 3.0."""
    return Nouns(WORDNET)


@pytest.fixture(scope="session")
def hierarchy(wordnet) -> Hierarchy:
    """The hierarchy above ImageNet's 1,000 classes."""
    return hierarchy_above(class_list("synthetic", "", "imagenet-1k", WORDNET), wordnet)


def _folder_in(variable: str) -> Path:
    if not os.environ.get(variable):
        pytest.skip(f"needs real data: set {variable} to its folder")
    return Path(os.environ[variable])


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """The folder of sample pictures; without CIL_SAMPLE_DATA the tests that need it are skipped."""
    return _folder_in("CIL_SAMPLE_DATA")


@pytest.fixture(scope="session")
def published() -> Path:
    """The folder of the published files; without CIL_MIRROR the tests that need it are skipped."""
    return _folder_in("CIL_MIRROR")


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Project:
    """A copy of the project in which a small experiment has run. Leave it as it was."""
    project = Project.copy_to(tmp_path_factory.mktemp("small"))
    if WORDNET.is_dir():
        shutil.copytree(WORDNET, project.path("resources/wordnet"))
    project.run("--configfile", "tests/small/config.yaml")
    return project
