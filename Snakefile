# Clustered ImageNet Labels: from WordNet to tables and figures.
# The rules stand in the order of the data flow; read them in the order of the includes.


# Steps run the package that lies here, whatever folder the run is started in.
HERE = workflow.current_basedir.get_path_or_uri(secret_free=True)
if "://" in HERE:
    raise ValueError(
        f"{HERE}: this workflow needs its package beside it; clone the repository, install it, and "
        "name the Snakefile of the clone"
    )


configfile: f"{HERE}/config/config.yaml"


# Only with `--sdm apptainer`; see the file for how the image is built.
container: "envs/cil.sif"


include: "rules/common.smk"
include: "rules/inputs.smk"
include: "rules/targets.smk"


config = checked(config)


report: "workflow/report/overview.rst"


wildcard_constraints:
    labelset="[A-Za-z0-9][A-Za-z0-9._-]*",
    run="[A-Za-z0-9][A-Za-z0-9._-]*",
    seed=r"\d+",


# Every step runs in the locked environment that `uv run` builds; see envs/ for conda.
localrules:
    all,


include: "rules/sources.smk"
include: "rules/hierarchy.smk"
include: "rules/search.smk"
include: "rules/survey.smk"
include: "rules/labels.smk"
include: "rules/images.smk"
include: "rules/training.smk"
include: "rules/evaluation.smk"
include: "rules/export.smk"
include: "rules/report.smk"
include: "rules/provenance.smk"


rule all:
    """Everything that the experiment ends in."""
    default_target: True
    input:
        targets(),
        rules.record.output.page,


onstart:
    alone()


onerror:
    explain_failures(log)
