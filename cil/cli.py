"""The command `cil`: tools beside the pipeline, each a module that loads when asked for."""

import importlib
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from cil.arguments import Parser
from cil.errors import UserError
from cil.logs import configure_logging

PACKAGE = "clustered-imagenet-labels"
# Subcommand: its module (with `configure(parser)` and `run(arguments)`) and what it does.
COMMANDS: dict[str, tuple[str, str]] = {
    "classify": ("cil.classifier.classify", "name what is on pictures, by an exported classifier"),
    "survey": ("cil.survey.cli", "serve the survey, invite voters, bring votes in and out"),
    "collapse": (
        "cil.classifier.collapse",
        "make a classifier on a label set of any ImageNet model",
    ),
    "evaluate": (
        "cil.evaluation.command",
        "say how right any ImageNet model is in any label sets",
    ),
    "labels": (
        "cil.labels.labels_command",
        "make, edit, show and compare label sets, without an experiment",
    ),
    "audit": (
        "cil.labels.audit_command",
        "say what may be wrong with a label file, wherever it came from",
    ),
    "verify": ("cil.record.verify", "check the files of an experiment against its provenance.json"),
}


def main(argv: list[str] | None = None) -> int:
    """Run a subcommand; the exit status is 0, or 1 after a message for its user."""
    parser = Parser(prog="cil", description="Clustered ImageNet Labels")
    parser.add_argument("--version", action="version", version=f"cil {_version()}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    argv = sys.argv[1:] if argv is None else argv
    for name, (module, purpose) in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=purpose, description=purpose)
        if name in argv[:1]:
            try:
                importlib.import_module(module).configure(subparser)
            except ModuleNotFoundError as error:
                return _refuse(name, _lacking(error))
    arguments = parser.parse_args(argv)
    configure_logging()
    try:
        status = importlib.import_module(COMMANDS[arguments.command][0]).run(arguments) or 0
        sys.stdout.flush()
        return status
    except UserError as error:
        return _refuse(arguments.command, str(error))
    except ModuleNotFoundError as error:
        return _refuse(arguments.command, _lacking(error))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # who reads the output has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left of it
        return 141


def _refuse(command: str, message: str) -> int:
    sys.stderr.write(f"cil {command}: {message}\n")
    return 1


def _version() -> str:
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return "from a checkout that is not installed"


def _lacking(error: ModuleNotFoundError) -> str:
    if error.name in sys.stdlib_module_names:
        return (
            f"needs {error.name}, which Python does not have on {platform.system()}; run it on "
            "Linux or macOS (on Windows: in WSL)"
        )
    return (
        f"needs {error.name}, which is not installed; in a clone of the project `uv run cil` or "
        "`pip install '.[pipeline]'` installs all that it needs"
    )
