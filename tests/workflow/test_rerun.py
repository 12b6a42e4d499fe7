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


@contextmanager
def replaced(path, old, new):
    """`path` with `new` instead of `old`, for a while; made anew if `old` is None."""
    before = path.read_text(encoding="utf-8") if old else None
    assert old is None or before.count(old) == 1, (
        f"{path}: {old!r} stands {before.count(old)} times"
    )
    path.write_text(before.replace(old, new) if old else new, encoding="utf-8")
    try:
        yield
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")


def changed(plan) -> set[str]:
    """The steps whose own code changed; of one that follows another, Snakemake says just that."""
    found = {rule for rule, why in plan.items() if any("Params" in reason for reason in why)}
    for rule in plan.keys() - found:
        assert all("Input files updated by another job" in reason for reason in plan[rule])
    return found


NEW_STRATEGY = """
from cil.hierarchy import Hierarchy
from cil.labels.labelset import LabelSet
from cil.labels.strategies.original import original
from cil.labels.strategy import Strategy


def again(hierarchy: Hierarchy) -> LabelSet:
    return original(hierarchy)


STRATEGY = Strategy(again, summary="the same once more", card="Once more.")
"""


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("cil/labels/strategies/again.py", None, NEW_STRATEGY),
        ("cil/search/sources/google.py", "/customsearch/v1", "/customsearch/v1/"),
        ("cil/images/kinds/tiny_imagenet.py", "Tiny ImageNet (64×64)", "Tiny ImageNet"),
        ("cil/writing.py", "make room, make its", "make space, make its"),
        ("cil/files.py", "not a readable Parquet file", "not readable as Parquet"),
        ("cil/logs.py", '"unexpected error"', '"an unexpected error"'),
        ("cil/images/store.py", "not a whole array", "no whole array"),
        (
            "cil/labels/labelset.py",
            "class LabelSet:",
            "def unused():\n    pass\n\n\nclass LabelSet:",
        ),
    ],
    ids=lambda value: value.rpartition("/")[2] if value and value.endswith(".py") else "",
)
def test_an_edit_that_can_change_no_result_reruns_nothing(finished, module, old, new):
    with replaced(finished.path(module), old, new):
        assert finished.planned() == {}


TABLES = {"contested", "labelset_tables", "model_card", "search_homonyms", "search_table"}
TABLES |= {"tables", "tree_cut_figure", "voters"}
# What reads the list of all files, and follows whatever is made.
LISTS = {"readme", "provenance", "record", "all"}


@pytest.mark.parametrize(
    ("module", "old", "new", "steps"),
    [
        ("cil/report/table.py", 'NOTHING = "–"', 'NOTHING = "—"', TABLES),
        ("cil/survey/board.py", "LONGEST_LIST = 3, 16", "LONGEST_LIST = 3, 15", {"survey_figure"}),
        (
            "cil/report/figures/curves.py",
            "def draw_curves(",
            "@print\ndef draw_curves(",
            {"figure_curves"},
        ),
    ],
    ids=["tables", "survey", "curves"],
)
def test_an_edit_of_what_is_shown_reruns_the_steps_that_show_it(finished, module, old, new, steps):
    with replaced(finished.path(module), old, new):
        plan = finished.planned()

    assert changed(plan) == steps
    assert not {"labelset", "train", "evaluate", "consensus"} & set(plan)
    if steps == TABLES:
        assert set(plan) <= steps | LISTS


@pytest.mark.parametrize(
    ("module", "old", "new", "steps"),
    [
        (
            "cil/images/synthetic.py",
            "def synthetic_splits(",
            "@print\ndef synthetic_splits(",
            {"class_list"},  # asks the kind for its classes; images follow it
        ),
        (
            "cil/labels/strategies/ancestor.py",
            "for _ in range(levels):",
            "for _ in range(levels + 1):",
            {"labelset"},
        ),
        ("cil/evaluation/answers.py", "_FAINT = ", "_FAINT = 2 * ", {"evaluate", "cuts"}),
        ("cil/training/schedule.py", "(1 - done)", "(2 - done)", {"train"}),
    ],
    ids=["pictures", "strategy", "scores", "training"],
)
def test_an_edit_that_may_change_results_reruns_what_uses_it(finished, module, old, new, steps):
    path = finished.path(module)
    text = path.read_text(encoding="utf-8")
    with edited(path, ""):
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        plan = finished.planned()

    assert changed(plan) == steps
    if "labelset" in steps:  # trainings are not on the label sets that it makes
        assert "train" not in plan


def test_a_new_label_set_makes_that_label_set_only(finished):
    plan = finished.planned("--config", "labelsets={three-up: {strategy: ancestor, levels: 3}}")

    labelset_jobs = plan.pop("labelset")
    assert all("Missing output files" in reason for reason in labelset_jobs)
    assert not {"wordnet", "hierarchy", "images", "train"} & set(plan)
