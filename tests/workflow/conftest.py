"""The default experiment, run once for all tests that look at its results."""

import pytest
from project import Project


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """A copy of the project in which `snakemake --cores all` has run. Leave it as it was."""
    project = Project.copy_to(tmp_path_factory.mktemp("project"))
    project.run()
    return project
