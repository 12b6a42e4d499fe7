# Purpose: from votes to the label that people agree on for each class.
# Needs:   hierarchy/*.parquet; files of votes, or search/counts.parquet for simulated voters
# Makes:   survey/{votes,consensus}.parquet, survey/agreement.json,
#          survey/{classes,voters,study}.csv, tables/{contested,voters}.csv,
#          figures/{voters,survey}.{pdf,png}
# The survey itself runs beside the workflow: `uv run cil survey --experiment results/NAME`
# serves it, `cil survey export` writes the file that survey.votes names.


rule votes:
    """
    The votes in force: each voter's last word on each class, from the files that survey.votes
    names, or else from simulated voters.
    """
    input:
        unpack(votes_inputs),
        classes=rules.hierarchy.output.classes,
        synsets=rules.hierarchy.output.synsets,
        edges=rules.hierarchy.output.edges,
    output:
        votes=result("survey/votes.parquet"),
    log:
        result("logs/votes.log"),
    benchmark:
        result("benchmarks/votes.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code("votes"),
        config={} if config["survey"]["votes"] else config["survey"]["simulated"],
    script:
        "../workflow/scripts/votes.py"


rule consensus:
    """
    What the votes agree on, class by class, and how far: the label of every class, agreement
    overall, per class and per voter, and the classes on which the voters split.
    """
    input:
        votes=rules.votes.output.votes,
        classes=rules.hierarchy.output.classes,
        synsets=rules.hierarchy.output.synsets,
        edges=rules.hierarchy.output.edges,
    output:
        consensus=result("survey/consensus.parquet"),
        agreement=result("survey/agreement.json"),
        by_class=result("survey/classes.csv"),
        by_voter=result("survey/voters.csv"),
        contested=result("tables/contested.csv"),
    log:
        result("logs/consensus.log"),
    benchmark:
        result("benchmarks/consensus.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code("consensus", METHODS.file(config["survey"]["method"])),
        config={"method": config["survey"]["method"]},
    script:
        "../workflow/scripts/consensus.py"


rule contested:
    """The classes on which the voters split most, as a page."""
    input:
        contested=rules.consensus.output.contested,
    output:
        page=shown("tables/contested.html", "contested", "Survey", "table", "Contested classes"),
    log:
        result("logs/contested.log"),
    benchmark:
        result("benchmarks/contested.tsv")
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code("contested"),
    script:
        "../workflow/scripts/contested.py"


rule study:
    """
    How many voters does a stable consensus need? Simulated panels of 1 to 50 voters against
    the consensus of 50 others, for each method, with and without voters that answer at random.
    """
    input:
        counts=result("search/counts.parquet"),
        classes=rules.hierarchy.output.classes,
        synsets=rules.hierarchy.output.synsets,
        edges=rules.hierarchy.output.edges,
    output:
        study=result("survey/study.csv"),
    log:
        result("logs/study.log"),
    benchmark:
        result("benchmarks/study.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=growing(3000),
        runtime=growing(60),
    params:
        code=code("study", *map(METHODS.file, config["survey"]["study"]["methods"])),
        config={
            "simulated": config["survey"]["simulated"],
            "study": config["survey"]["study"],
        },
    script:
        "../workflow/scripts/study.py"


rule voters:
    """The study of how many voters it takes, as a table and a figure."""
    input:
        study=rules.study.output.study,
    output:
        **figure_outputs("Survey", "voters", "How many voters it takes"),
        table=result("tables/voters.csv"),
        page=shown("tables/voters.html", "voters", "Survey", "table", "How many voters it takes"),
    log:
        result("logs/voters.log"),
    benchmark:
        result("benchmarks/voters.tsv")
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("voters"),
    script:
        "../workflow/scripts/voters.py"


rule survey_figure:
    """
    Figure 4: the page of one class, photographed in a browser while the survey runs.
    """
    input:
        consensus=rules.consensus.output.consensus,
        classes=rules.hierarchy.output.classes,
        synsets=rules.hierarchy.output.synsets,
        edges=rules.hierarchy.output.edges,
        counts=result("search/counts.parquet"),
        images=result("images/meta.json"),
    output:
        **figure_outputs("Survey", "survey", "Figure 4: the survey"),
    log:
        result("logs/survey_figure.log"),
    benchmark:
        result("benchmarks/survey_figure.tsv")
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code("survey_figure", *map(METHODS.file, METHODS)),
    script:
        "../workflow/scripts/survey_figure.py"
