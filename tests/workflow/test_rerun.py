"""A step runs again exactly when its code, its settings or its inputs changed."""

import subprocess
import sys
from contextlib import contextmanager

import pytest

pytestmark = pytest.mark.slow


@contextmanager
def edited(path, text):
    """`path` with `text` at its end, for a while."""
    before = path.read_text(encoding="utf-8")
    path.write_text(before + text, encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")


def scripts_that_import(project, module):
    """The scripts after whose import (nothing is run) `module` is loaded: Python's own answer."""
    program = (
        "import runpy, sys; runpy.run_path(sys.argv[1]); sys.exit(sys.argv[2] not in sys.modules)"
    )
    return {
        script.stem
        for script in project.path("workflow/scripts").glob("*.py")
        if subprocess.run(
            [sys.executable, "-c", program, str(script), module],
            cwd=project.folder,
            env=project.environment,
        ).returncode
        == 0
    }


def test_a_second_run_finds_nothing_to_do(finished):
    assert "Nothing to be done" in finished.run()


def test_comments_and_touched_files_rerun_nothing(finished):
    module = finished.path("cil/hierarchy.py")
    script = finished.path("workflow/scripts/hierarchy.py")
    with edited(module, "\n# A remark.\n"), edited(script, "\n# Another.\n"):
        assert finished.planned() == {}
    module.touch()
    script.touch()
    assert finished.planned() == {}


def test_a_module_that_no_step_imports_reruns_nothing(finished):
    with edited(finished.path("cil/cli.py"), "\nCHANGED = 1\n"):
        assert finished.planned() == {}


@pytest.mark.parametrize("name", ["cil/labels/strategies.py", "cil/hierarchy.py"])
def test_a_changed_module_reruns_exactly_the_steps_that_import_it(finished, name):
    module = name.removesuffix(".py").replace("/", ".")
    importing = scripts_that_import(finished, module)
    everything = set(finished.planned("--forceall"))

    with edited(finished.path(name), "\nCHANGED = 1\n"):
        changed = finished.changed()

    assert changed
    assert changed == importing & everything


def test_a_new_label_set_makes_that_label_set_only(finished):
    plan = finished.planned("--config", "labelsets={three-up: {strategy: ancestor, levels: 3}}")

    labelset_jobs = plan.pop("labelset")
    assert all("Missing output files" in reason for reason in labelset_jobs)
    assert not {"wordnet", "hierarchy", "images", "train"} & set(plan)
