"""The fingerprint of a step changes with the code that it runs, and with nothing else."""

from textwrap import dedent

import pytest

from cil.code_version import code_version

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
    rewrite(project, "cil/__init__.py", "import os\n")
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
