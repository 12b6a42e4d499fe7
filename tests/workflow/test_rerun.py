"""A step runs again exactly when its code, its settings or its inputs changed."""

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


@pytest.mark.parametrize(
    ("module", "steps"),
    [
        ("cil/images/synthetic.py", {"images"}),
        ("cil/labels/named.py", {"labelset", "survey_figure"}),
        ("cil/evaluation/answers.py", {"evaluate", "cuts"}),
        ("cil/report/figure_curves.py", {"figure_curves"}),
    ],
)
def test_a_changed_module_reruns_exactly_the_steps_that_import_it_and_what_follows(
    finished, module, steps
):
    with edited(finished.path(module), "\nCHANGED = 1\n"):
        plan = finished.planned()

    # Of a step that follows one that runs, Snakemake says just that, whatever else changed.
    changed = {rule for rule, why in plan.items() if any("Params" in reason for reason in why)}
    assert changed == steps
    for rule in plan.keys() - steps:
        assert all("Input files updated by another job" in reason for reason in plan[rule])


def test_a_new_label_set_makes_that_label_set_only(finished):
    plan = finished.planned("--config", "labelsets={three-up: {strategy: ancestor, levels: 3}}")

    labelset_jobs = plan.pop("labelset")
    assert all("Missing output files" in reason for reason in labelset_jobs)
    assert not {"wordnet", "hierarchy", "images", "train"} & set(plan)
