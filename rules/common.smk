# What all rules share. Functions only: no rules, no side effects.

import re
import sys
from pathlib import Path

from cil.record.code_version import code_version
from cil.configuration.config import check_files, validated
from cil.configuration.faults import recipe_keys
from cil.errors import UserError
from cil.locks import hold
from cil.record.folder_version import folder_version
from cil.logs import check_interpreter, last_error
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger


def checked(raw):
    """The configuration with its defaults, or one readable refusal of all its faults."""
    try:
        check_interpreter(sys.executable)
        files = [f"{HERE}/config/config.yaml", *workflow.config_settings.configfiles]
        complete = validated(raw, *map(load_configfile, files))
        check_files(complete)
        return complete
    except UserError as error:
        raise WorkflowError(str(error)) from None


def alone():
    """
    Hold for this run what it writes: the experiment, and the shared sources if it fetches any.
    A second run is refused; a killed one leaves no lock.
    """
    made = [path for job in workflow.dag.needrun_jobs() for path in job.output]
    fetches = any(path.startswith("resources/") for path in made)
    try:
        for folder in [result(""), *["resources/"] * fetches]:
            hold(f"{folder}.running")
    except UserError as error:
        raise WorkflowError(str(error)) from None


def explain_failures(run_logs):
    """After a failed run: every failed step once more, with its own words and its log."""
    said = "".join(Path(log).read_text(errors="replace") for log in run_logs)
    failed = re.findall(r"Error in \w+ (\w+):\n(?:    (?!log:).*\n)*    log: ([^\s,]+)", said)
    for step, log in dict.fromkeys(failed):
        logger.error(f"\nFailed: {step}: {last_error(log, said)}\n  log: {log}")
    logger.error("\nWhat is done is kept; mend the cause and run the same command again.")


def result(path):
    """The path of an artifact of this experiment; `path` may hold wildcards."""
    return f"results/{config['experiment']}/{path}"


def code(name, *more):
    """
    The fingerprint of the code that step `name` runs, with the files of the things, such as a
    strategy, that it finds by their names; the step reruns when it changes.
    """
    return code_version(f"{HERE}/workflow/scripts/{name}.py", *more)


def growing(amount):
    """A resource that grows with every attempt at a step that was killed for lack of it."""
    return lambda wildcards, attempt: amount * attempt


def shown(path, caption, category, kind, title):
    """
    An output that the report shows, with the caption workflow/report/<caption>.rst. A label of
    two values would become a switch in the report, so `kind`, which might, comes first.
    """
    return report(
        result(path),
        caption=f"../workflow/report/{caption}.rst",
        category=category,
        labels={"kind": kind, "result": title},
    )


def table_outputs(category, **titles):
    """Tables for programs, people and papers, and as pages for the report."""
    values = {f"{name}_csv": result(f"tables/{name}.csv") for name in titles}
    return values | table_pages(category, **titles)


def table_pages(category, **titles):
    """Tables for people and papers, and as pages for the report."""
    outputs = {
        f"{name}_{kind}": result(f"tables/{name}.{kind}")
        for name in titles
        for kind in ("md", "tex")
    }
    pages = {
        f"{name}_html": shown(f"tables/{name}.html", name, category, "table", title)
        for name, title in titles.items()
    }
    return outputs | pages


def figure_outputs(category, name, title):
    """A figure for papers, and for screens and the report."""
    return {
        "pdf": result(f"figures/{name}.pdf"),
        "png": shown(f"figures/{name}.png", name, category, "figure", title),
    }
