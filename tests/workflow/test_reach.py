"""The fingerprint of a step's code covers all that the step runs: held to what it does run."""

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from project import Project

from cil.images.prepare import KINDS
from cil.labels.make import STRATEGIES
from cil.record.code_version import Reach, code_version
from cil.search.by_name import SOURCES
from cil.votes.consensus import METHODS

pytestmark = pytest.mark.slow

# Python runs a module of this name when it starts: in a step, it notes down what of cil is called.
RECORDER = """
import atexit, json, os, re, sys, threading

step = re.search(r"scripts/tmp\\w+\\.(\\w+)\\.py$", sys.orig_argv[-1])
if step:
    seen, home = set(), os.environ["CALLS_OF"] + "/cil/"

    def note(frame, event, argument):
        if event == "call":
            seen.add(frame.f_code)

    def write():
        sys.setprofile(None)
        calls = [(x.co_filename, x.co_firstlineno, x.co_name) for x in list(seen)]  # threads add
        ours = [call for call in calls if call[0].startswith(home) and call[0].endswith(".py")]
        calls = sorted((path[len(home) - 4:], line, name) for path, line, name in ours)
        with open(f"{os.environ['CALLS_TO']}/{step[1]}.{os.getpid()}.json", "w") as file:
            json.dump(calls, file)

    atexit.register(write)
    threading.setprofile(note)
    sys.setprofile(note)
"""
CONFIG = ("--configfile", "tests/small/config.yaml", "--config", "runs={cil: {epochs: 2}}")
TRAINING = "training={precision: fp32, width: 16, epochs: 2}"
EXPORT = "export={pretrained: package/efficientnet-lite0}"


@dataclass(frozen=True)
class Calls:
    """What each step of the small experiment called: file, first line and name of the code."""

    project: Project
    by_step: dict[str, set[tuple[str, int, str]]]

    def files(self, step: str) -> list[str]:
        """The script of a step, and what its rule says that it finds by name."""
        strategies = [STRATEGIES.file(name) for name in STRATEGIES]
        source = [SOURCES.file("wordfreq")]
        found = {
            "labelset": strategies,
            "label_packages": strategies,
            "search_counts": source,
            "search_familiarity": source,
            "consensus": [METHODS.file("majority")],
            "study": [METHODS.file("majority")],
            "survey_figure": [METHODS.file(name) for name in METHODS],
            "class_list": [KINDS.file("synthetic")],
            "images": [KINDS.file("synthetic")],
            "provenance": [KINDS.file("synthetic")],
        }
        return [f"workflow/scripts/{step}.py", *found.get(step, [])]


@pytest.fixture(scope="module")
def calls(tmp_path_factory) -> Calls:
    project = Project.copy_to(tmp_path_factory.mktemp("project"))
    folder, noted = tmp_path_factory.mktemp("recorder"), tmp_path_factory.mktemp("calls")
    (folder / "sitecustomize.py").write_text(RECORDER)
    environment = {"CALLS_OF": str(project.folder), "CALLS_TO": str(noted)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(
            Project,
            "environment",
            project.environment | environment | {"PYTHONPATH": f"{folder}:{project.folder}"},
        )
        project.run(*CONFIG, TRAINING, EXPORT)
    by_step: dict[str, set[tuple[str, int, str]]] = {}
    for file in noted.glob("*.json"):
        found = {tuple(call) for call in json.loads(file.read_text())}
        by_step.setdefault(file.name.split(".")[0], set()).update(found)
    return Calls(project, by_step)


def test_all_steps_were_watched(calls):
    scripts = {path.stem for path in calls.project.path("workflow/scripts").glob("*.py")}

    assert scripts - set(calls.by_step) <= {"wordnet", "published", "tiny_imagenet"}
    assert all(calls.by_step.values())


def test_what_a_step_calls_is_within_its_reach(calls):
    beyond = []
    for step, called in calls.by_step.items():
        reach = Reach(calls.project.folder, *calls.files(step))
        loaded = {module.path for module in reach.loaded.values()}
        spans = {
            (part.module.path, line)
            for part in reach.parts
            for line in range(first_line(part.node), part.node.end_lineno + 1)
        }
        for file, line, name in called:
            path = calls.project.path(file)
            inside = path in loaded if name == "<module>" else (path, line) in spans
            if not inside and not runs_on_import(path, line, name):
                beyond.append(f"{step}: {file}:{line} {name}")

    assert beyond == []


def test_an_edit_of_anything_that_a_step_calls_changes_its_fingerprint(calls):
    before = {
        step: code_version(*calls.files(step), root=calls.project.folder) for step in calls.by_step
    }
    edited = set()
    for file in sorted({file for called in calls.by_step.values() for file, _, _ in called}):
        path = calls.project.path(file)
        text = path.read_text(encoding="utf-8")
        for line in edits(text, calls, file):
            steps = [step for step, called in calls.by_step.items() if (file, *line) in called]
            path.write_text(with_statement(text, line[0]), encoding="utf-8")
            for step in steps:
                after = code_version(*calls.files(step), root=calls.project.folder)
                assert after != before[step], f"{step} does not notice an edit of {file}:{line}"
            edited.add(file)
        path.write_text(text, encoding="utf-8")

    assert len(edited) > 80  # modules


def edits(text: str, calls: Calls, file: str) -> list[tuple[int, str]]:
    """Of the functions in a module that steps call, the first, the middle and the last."""
    lines = {node_line(node) for node in functions(text)}
    called = sorted(
        {
            (line, name)
            for every in calls.by_step.values()
            for where, line, name in every
            if where == file and line in lines
        }
    )
    return sorted({called[0], called[len(called) // 2], called[-1]}) if called else []


def with_statement(text: str, line: int) -> str:
    """The module with one more statement in the function that begins in `line`."""
    tree = ast.parse(text)
    for node in functions(text, tree):
        if node_line(node) == line:
            node.body.append(ast.parse("print('edited')").body[0])
    return ast.unparse(tree)


def functions(text: str, tree: ast.Module | None = None) -> list[ast.FunctionDef]:
    return [x for x in ast.walk(tree or ast.parse(text)) if isinstance(x, ast.FunctionDef)]


def node_line(node: ast.FunctionDef) -> int:
    """Where Python says that a function begins: at its first decorator."""
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])


def first_line(node: ast.stmt) -> int:
    return min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])


def runs_on_import(path: Path, line: int, name: str) -> bool:
    """Whether code is the body of a class, or computes a value of one, which only defines it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = {first_line(x) for x in ast.walk(tree) if isinstance(x, ast.ClassDef)}
    in_function = any(
        x.lineno <= line <= x.end_lineno for x in ast.walk(tree) if isinstance(x, ast.FunctionDef)
    )
    return not in_function and (
        line in classes or re.fullmatch(r"<\w+comp>|<genexpr>", name) is not None
    )
