# Purpose: how well every model answers, in its own label set and in those it can be mapped onto.
# Needs:   models/<run>/seed<k>/logits.npy (training.smk), images/val_classes.npy (images.smk),
#          labels/<labelset>.parquet (labels.smk), hierarchy/*.parquet (hierarchy.smk)
# Makes:   evaluation/{metrics,per_label,per_class,forgiven}.csv, evaluation/correct.npz


rule evaluate:
    """
    The scores of all runs from their stored logits, without a network: directly, and mapped
    onto coarser label sets by summing probabilities or by the best class.
    """
    input:
        classes=rules.hierarchy.output.classes,
        synsets=rules.hierarchy.output.synsets,
        edges=rules.hierarchy.output.edges,
        val_classes=result("images/val_classes.npy"),
        labelsets=expand(result("labels/{labelset}.parquet"), labelset=config["labelsets"]),
        logits=models("logits.npy"),
    output:
        metrics=result("evaluation/metrics.csv"),
        per_label=result("evaluation/per_label.csv"),
        per_class=result("evaluation/per_class.csv"),
        forgiven=result("evaluation/forgiven.csv"),
        correct=result("evaluation/correct.npz"),
    log:
        result("logs/evaluate.log"),
    benchmark:
        result("benchmarks/evaluate.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=code("evaluate"),
        config={
            "labelsets": list(config["labelsets"]),
            "runs": {run: config["runs"][run]["labels"] for run in config["runs"]},
            "seeds": config["training"]["seeds"],
        },
    script:
        "../workflow/scripts/evaluate.py"
