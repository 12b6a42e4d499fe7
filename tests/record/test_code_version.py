"""The fingerprint of a step changes with the code that it runs, and with nothing else."""

from textwrap import dedent

import pytest

from cil.record.code_version import code_version

FILES = {
    "workflow/scripts/step.py": "from cil.steps import run\nrun()\n",
    "cil/__init__.py": "",
    "cil/steps.py": "import cil.low\n\ndef run():\n    return cil.low.value()\n",
    "cil/low.py": "def value():\n    return 1\n",
    "cil/lazy.py": "NUMBER = 2\n",
    "cil/stranger.py": "NUMBER = 3\n",
}


@pytest.fixture
def project(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def version(project):
    return code_version("workflow/scripts/step.py", root=project)


def rewrite(project, name, text):
    (project / name).write_text(dedent(text))


def test_a_change_in_a_module_imported_through_another_counts(project):
    before = version(project)
    rewrite(project, "cil/low.py", "def value():\n    return 2\n")
    assert version(project) != before


def test_a_change_in_the_script_or_the_package_itself_counts(project):
    before = version(project)
    rewrite(project, "cil/__init__.py", "import os\nos.environ['A'] = 'b'\n")
    between = version(project)
    rewrite(project, "workflow/scripts/step.py", "from cil.steps import run\nrun(); run()\n")
    assert len({before, between, version(project)}) == 3


def test_an_import_within_a_function_counts(project):
    rewrite(
        project, "cil/low.py", "def value():\n    from cil import lazy\n    return lazy.NUMBER\n"
    )
    before = version(project)
    rewrite(project, "cil/lazy.py", "NUMBER = 4\n")
    assert version(project) != before


def test_a_file_beside_a_module_counts_where_the_module_names_it(project):
    rewrite(project, "cil/page.html", "<p>one</p>")
    rewrite(project, "cil/other.html", "<p>one</p>")
    rewrite(project, "cil/low.py", "def value():\n    return open('cil/page.html')\n")
    stranger = version(project)
    rewrite(project, "cil/low.py", "def value():\n    return files('cil') / 'page.html'\n")
    before = version(project)
    rewrite(project, "cil/other.html", "<p>two</p>")
    assert version(project) == before != stranger
    rewrite(project, "cil/page.html", "<p>two</p>")
    assert version(project) != before


def test_the_files_of_a_folder_that_a_module_names_count(project):
    (project / "cil/pages").mkdir()
    rewrite(project, "cil/pages/first.html", "<p>one</p>")
    rewrite(project, "cil/low.py", "def value():\n    return files('cil') / 'pages'\n")
    before = version(project)
    rewrite(project, "cil/pages/first.html", "<p>two</p>")
    assert version(project) != before


def changes(project, name, before, after) -> bool:
    """Whether the fingerprint is another with `after` in the file `name` than with `before`."""
    rewrite(project, name, before)
    first = version(project)
    rewrite(project, name, after)
    return version(project) != first


VALUE = "def value():\n    return 1\n"
MESSAGE = """
    import logging
    from cil.errors import UserError
    logger = logging.getLogger(__name__)
    HINT = {hint!r}
    def value():
        logger.info({log!r}, 1)
        raise UserError(f"{{__name__}}: {raised}; {{HINT}}")
"""


@pytest.mark.parametrize(
    "stranger",
    [
        "def other():\n    return 3\n",
        "class Other:\n    size: int = 3\n    def read(self):\n        return 3\n",
        "OTHER = {'a': [3]}\n",
        "import re\nOTHER = re.compile('3')\n",
        "import functools\n@functools.cache\ndef other(x=range(3)):\n    return x\n",
        "if __name__ == '__main__':\n    print(3)\n",
    ],
)
def test_a_definition_that_nobody_refers_to_does_not_count(project, stranger):
    assert not changes(project, "cil/low.py", VALUE, VALUE + stranger)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Importing does it, or may.
        (VALUE, VALUE + "import os\nos.environ['A'] = 'b'\n"),
        (VALUE, VALUE + "value.cache = 3\n"),
        (VALUE, VALUE + "from cil import stranger\n@stranger.register\ndef other(): pass\n"),
        (VALUE, VALUE + "import torch\nclass Other(torch.nn.Module): pass\n"),
        (VALUE, VALUE + "import strange\n"),
        (VALUE, VALUE + "OTHER = print(3)\n"),
        (VALUE, VALUE + "def other(x=print(3)): pass\n"),
        (VALUE, VALUE + "def value():\n    return 2\n"),
        (VALUE, "if True:\n    from cil.lazy import NUMBER as value\n" + VALUE),
        # It is reached in a roundabout way.
        *(
            (text.format(1), text.format(2))
            for text in (
                "A = {{'k': {}}}\ndef value(k='k'):\n    return A[k]\n",
                "def f():\n    return {}\nW = {{'f': f}}\ndef value():\n    return W['f']()\n",
                "class A:\n    def f(self):\n        return {}\n\nvalue = A().f\n",
                "class A:\n    n = {}\nclass B(A): pass\ndef value():\n    return B.n\n",
                "def f(g):\n    return lambda: {}\n@f\ndef value(): pass\n",
                "def value(n={}):\n    return n\n",
                "N = {}\ndef value(n=N):\n    return n\n",
                "def f(): return {}\ndef value():\n    return globals()['f']()\n",
                "import cil.low as me\ndef f(): return {}\nvalue = getattr(me, 'f')\n",
                "N = M = {}\ndef value():\n    return M\n",
                "def value():\n    a, b = {}, 2\n    return a\n",
                "try:\n    N = {}\nexcept OSError:\n    N = 5\ndef value():\n    return N\n",
            )
        ),
        # A name means something else.
        (
            "from math import sin as f\ndef value():\n    return f(1)\n",
            "from math import cos as f\ndef value():\n    return f(1)\n",
        ),
        (
            "from cil.lazy import NUMBER\ndef value():\n    return NUMBER\n",
            "from cil.stranger import NUMBER\ndef value():\n    return NUMBER\n",
        ),
        # What looks like a message is read.
        (
            "from cil.errors import UserError\ndef value():\n    return str(UserError('a'))\n",
            "from cil.errors import UserError\ndef value():\n    return str(UserError('b'))\n",
        ),
    ],
)
def test_what_can_make_a_difference_counts(project, before, after):
    assert changes(project, "cil/low.py", before, after)


@pytest.mark.parametrize("module", ["cil.lazy", "cil.stranger"])
def test_what_another_module_imports_for_its_effects_counts(project, module):
    rewrite(project, "cil/low.py", f"import {module}\n{VALUE}")
    path = module.replace(".", "/") + ".py"
    assert not changes(project, path, "NUMBER = 2\n", "NUMBER = 3\n")
    assert changes(project, path, "NUMBER = 2\n", "NUMBER = 2\nprint(NUMBER)\n")


def test_words_of_messages_do_not_count(project):
    rewrite(project, "cil/errors.py", "class UserError(Exception): pass\n")
    before = MESSAGE.format(hint="mend it", log="one: %s", raised="a fault")
    after = MESSAGE.format(hint="change it", log="number: %s", raised="wrong")

    assert not changes(project, "cil/low.py", before, after)
    # But what is computed for them does, and whether there is one.
    assert changes(project, "cil/low.py", before, before.replace("{__name__}", "{open('a')}"))
    assert changes(project, "cil/low.py", before, before.replace("logger.info", "print"))
    assert changes(project, "cil/low.py", before, before.replace("raise ", ""))


MAKER = """
from cil.errors import UserError

def value(n=1):
    if n > 2:
        raise _damaged("{given}", n)
    return n

def _damaged(what, n):
    return {kind}(f"{{n}}: {{what}}")
"""


@pytest.mark.parametrize(("kind", "counts"), [("UserError", False), ("ValueError", True)])
def test_words_that_are_given_to_a_maker_of_messages_do_not_count(project, kind, counts):
    rewrite(project, "cil/errors.py", "class UserError(Exception): pass\n")
    before, after = (MAKER.format(given=given, kind=kind) for given in ("wrong", "a fault"))

    assert changes(project, "cil/low.py", before, after) == counts
    assert changes(project, "cil/low.py", before, before.replace("n > 2", "n > 3"))


def test_a_package_may_import_its_own_module(project):
    package = "def later():\n    from cil import low\n    return low.value()\n"
    rewrite(project, "cil/__init__.py", package)
    rewrite(project, "cil/steps.py", "import cil\n\ndef run():\n    return cil.later()\n")
    before = version(project)
    rewrite(project, "cil/low.py", "def value():\n    return 2\n")
    assert version(project) != before


def test_modules_that_only_a_run_knows_must_be_named(project):
    rewrite(
        project, "cil/low.py", "import importlib\ndef value(n):\n    importlib.import_module(n)\n"
    )

    with pytest.raises(ValueError, match=r"step.py: cil.low finds modules by names"):
        version(project)
    named = code_version("workflow/scripts/step.py", "cil/lazy.py", root=project)
    rewrite(project, "cil/lazy.py", "NUMBER = 4\n")
    assert code_version("workflow/scripts/step.py", "cil/lazy.py", root=project) != named


def test_comments_docstrings_and_layout_do_not_count(project):
    before = version(project)
    rewrite(
        project, "cil/low.py", '"""What."""\n\ndef value():  # why\n    "How."\n    return (1)\n'
    )
    assert version(project) == before


def test_a_module_that_the_step_does_not_import_does_not_count(project):
    before = version(project)
    rewrite(project, "cil/stranger.py", "NUMBER = 5\n")
    assert version(project) == before


def test_touching_a_file_does_not_count(project):
    before = version(project)
    (project / "cil/low.py").touch()
    assert version(project) == before


def test_a_script_elsewhere_than_the_package_counts_like_one_beside_it(project, tmp_path_factory):
    """As the clone's scripts run an installed package."""
    before, elsewhere = version(project), tmp_path_factory.mktemp("a") / "step.py"
    elsewhere.write_text(FILES["workflow/scripts/step.py"])

    assert code_version(elsewhere, root=project) == before
    elsewhere.write_text("import cil.steps\n")
    assert code_version(elsewhere, root=project) != before
