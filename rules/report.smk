# Purpose: what people read of an experiment: tables, figures, captions.
# Needs:   evaluation/*, models/<run>/seed<k>/history.csv (training.smk, evaluation.smk),
#          labels/*.json (labels.smk), images/{meta.json,val_classes.npy} (images.smk)
# Makes:   tables/<name>.{csv,md,tex,html}, figures/<name>.{pdf,png}


localrules:
    tables,
    figure_curves,


rule tables:
    """
    Table 1 (label sets), Table 2 (finetuning) and the baselines that the paper lacks, for
    programs, people, papers and the report.
    """
    input:
        metrics=rules.evaluate.output.metrics,
        correct=rules.evaluate.output.correct,
        histories=models("history.csv"),
        labelsets=expand(result("labels/{labelset}.json"), labelset=config["labelsets"]),
        meta=result("images/meta.json"),
        val_classes=result("images/val_classes.npy"),
    output:
        **table_outputs("table1", "table2", "baselines"),
    log:
        result("logs/tables.log"),
    benchmark:
        result("benchmarks/tables.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code("tables"),
        config=report_config(),
    script:
        "../workflow/scripts/tables.py"


rule figure_curves:
    """Figure 5: validation error by epoch, from scratch and finetuned, with bands over seeds."""
    input:
        metrics=rules.evaluate.output.metrics,
        histories=models("history.csv"),
        meta=result("images/meta.json"),
    output:
        **figure_outputs("curves"),
    log:
        result("logs/figure_curves.log"),
    benchmark:
        result("benchmarks/figure_curves.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("figure_curves"),
        config=report_config(),
    script:
        "../workflow/scripts/figure_curves.py"


rule readme:
    """The list of the experiment's artifacts, with a line on each. Runs when they are there."""
    input:
        products(),
        meta=result("images/meta.json"),
    output:
        readme=result("README.md"),
    log:
        result("logs/readme.log"),
    benchmark:
        result("benchmarks/readme.tsv")
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code("readme"),
        config=config["experiment"],
    script:
        "../workflow/scripts/readme.py"
