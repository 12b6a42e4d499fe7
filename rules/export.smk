# Purpose: the classifier that people take away.
# Needs:   models/<run>/seed<k>/model.safetensors (training.smk), labels/<labelset>.parquet
#          (labels.smk), images/{val.npy,meta.json} (images.smk), evaluation/*.csv (evaluation.smk)
# Makes:   export/{classifier.onnx,labels.json,parity.json,README.md}, export/pretrained.{onnx,md}


localrules:
    model_card,


rule export:
    """
    One trained network as an ONNX file with softmax, preprocessing constants and label names,
    checked against torch on validation pictures.
    """
    input:
        model=exported("models/{run}/seed{seed}/model.safetensors"),
        labels=exported("labels/{labels}.parquet"),
        val=result("images/val.npy"),
        meta=result("images/meta.json"),
    output:
        classifier=result("export/classifier.onnx"),
        labels=result("export/labels.json"),
        parity=result("export/parity.json"),
    log:
        result("logs/export.log"),
    benchmark:
        result("benchmarks/export.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(20),
    params:
        code=code("export"),
        config={
            "run": exported_run(),
            "seed": config["export"]["seed"],
            "labelset": config["runs"].get(exported_run(), {}).get("labels"),
        },
    script:
        "../workflow/scripts/export.py"


rule model_card:
    """What the exported classifier is: data, recipe, accuracy, limits and licences."""
    input:
        parity=rules.export.output.parity,
        labels=rules.export.output.labels,
        classifier=rules.export.output.classifier,
        training=exported("models/{run}/seed{seed}/metrics.json"),
        metrics=rules.evaluate.output.metrics,
        per_label=rules.evaluate.output.per_label,
        meta=result("images/meta.json"),
    output:
        card=result("export/README.md"),
        page=shown("report/model_card.html", "model_card", "Classifier", "page", "Model card"),
    log:
        result("logs/model_card.log"),
    benchmark:
        result("benchmarks/model_card.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code("model_card"),
        config={
            "run": exported_run(),
            "seed": config["export"]["seed"],
            "labelset": config["runs"].get(exported_run(), {}).get("labels"),
            "finetune": config["runs"].get(exported_run(), {}).get("finetune"),
            "source": report_config()["source"],
        },
    script:
        "../workflow/scripts/model_card.py"


rule export_pretrained:
    """
    A network that others trained on ImageNet's photographs, which answers in the reference label
    set: its probabilities are summed, and it is not trained again.
    """
    input:
        unpack(export_pictures),
        labels=result(f"labels/{config['reference']}.parquet"),
    output:
        classifier=result("export/pretrained.onnx"),
        card=result("export/pretrained.md"),
    log:
        result("logs/export_pretrained.log"),
    benchmark:
        result("benchmarks/export_pretrained.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=code("export_pretrained"),
        config={
            "pretrained": config["export"]["pretrained"],
            "pictures": config["export"]["pictures"],
            "labelset": config["reference"],
        },
    script:
        "../workflow/scripts/export_pretrained.py"
