# Purpose: what people read of an experiment: tables, figures, captions.
# Needs:   evaluation/*, models/<run>/seed<k>/history.csv (training.smk, evaluation.smk),
#          labels/*.json (labels.smk), images/{meta.json,val_classes.npy} (images.smk)
# Makes:   tables/<name>.{csv,md,tex,html}, figures/<name>.{pdf,png}


localrules:
    tables,
    figure_curves,
    figure_per_label,
    figure_forgiven,
    figure_cuts,


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
        **table_outputs(
            "Accuracy",
            table1="Table 1: label sets",
            table2="Table 2: finetuning",
            baselines="Baselines",
        ),
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
        **figure_outputs("Accuracy", "curves", "Figure 5: error by epoch"),
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


rule figure_per_label:
    """Accuracy of each label of the reference label set against its number of classes."""
    input:
        per_label=rules.evaluate.output.per_label,
        labels=result(f"labels/{config['reference']}.json"),
        meta=result("images/meta.json"),
    output:
        **figure_outputs("Accuracy", "per_label", "Accuracy by size of label"),
    log:
        result("logs/figure_per_label.log"),
    benchmark:
        result("benchmarks/figure_per_label.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("figure_per_label"),
        config={"run": exported_run()},
    script:
        "../workflow/scripts/figure_per_label.py"


rule figure_forgiven:
    """Where the errors of the network of original labels fall, and which merging forgives."""
    input:
        unpack(original_logits),
        labels=result(f"labels/{config['reference']}.parquet"),
        truth=result("images/val_classes.npy"),
        meta=result("images/meta.json"),
    output:
        **figure_outputs("Accuracy", "forgiven", "Errors that merging forgives"),
    log:
        result("logs/figure_forgiven.log"),
    benchmark:
        result("benchmarks/figure_forgiven.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("figure_forgiven"),
        config={"reference": config["reference"]},
    script:
        "../workflow/scripts/figure_forgiven.py"


rule cuts:
    """
    The network of original labels, scored by summing on cuts through the hierarchy from coarse
    to fine: no training needed.
    """
    input:
        unpack(original_logits_of_all_seeds),
        classes=rules.hierarchy.output.classes,
        synsets=rules.hierarchy.output.synsets,
        edges=rules.hierarchy.output.edges,
        naming=rules.naming.output.naming,
        truth=result("images/val_classes.npy"),
    output:
        cuts=result("evaluation/cuts.csv"),
    log:
        result("logs/cuts.log"),
    benchmark:
        result("benchmarks/cuts.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=code("cuts"),
        config={"cuts": [10, 30, 100, 200, 350, 500, 700, 1000]},
    script:
        "../workflow/scripts/cuts.py"


rule figure_cuts:
    """Accuracy against the number of labels: cuts through the hierarchy, and other label sets."""
    input:
        metrics=rules.evaluate.output.metrics,
        cuts=rules.cuts.output.cuts,
        labelsets=expand(result("labels/{labelset}.json"), labelset=config["labelsets"]),
        meta=result("images/meta.json"),
    output:
        **figure_outputs("Accuracy", "cuts", "Accuracy by number of labels"),
    log:
        result("logs/figure_cuts.log"),
    benchmark:
        result("benchmarks/figure_cuts.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("figure_cuts"),
        config=report_config(),
    script:
        "../workflow/scripts/figure_cuts.py"


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
