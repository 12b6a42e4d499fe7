# Purpose: networks trained on a label set, or finetuned from another run.
# Needs:   images/ (images.smk), labels/<labelset>.json (labels.smk), the parent run of a finetuning
# Makes:   models/<run>/seed<k>/{model.safetensors,logits.npy,history.csv,metrics.json}


rule train:
    """
    One network with one seed. Stopped, it goes on where it was: its checkpoint lies beside the
    model, in checkpoint/, until the model is done; only the very same training finds it. One
    that outlives its Snakemake is waited for. One that is done already, with the same inputs byte
    for byte, recipe and code, takes over its own model, which is kept in .finished/.
    """
    input:
        unpack(training_inputs),
        train=result("images/train.npy"),
        train_classes=result("images/train_classes.npy"),
        val=result("images/val.npy"),
        val_classes=result("images/val_classes.npy"),
        meta=result("images/meta.json"),
    output:
        model=result("models/{run}/seed{seed}/model.safetensors"),
        logits=result("models/{run}/seed{seed}/logits.npy"),
        history=result("models/{run}/seed{seed}/history.csv"),
        metrics=result("models/{run}/seed{seed}/metrics.json"),
    log:
        result("logs/train/{run}.seed{seed}.log"),
    benchmark:
        result("benchmarks/train/{run}.seed{seed}.tsv")
    conda:
        "../envs/environment.yaml"
    threads: config["training"]["threads"]
    resources:
        mem_mb=growing(4000),
        runtime=1440,
        gpu=0 if config["training"]["device"] == "cpu" else config["training"]["processes"],
    params:
        code=code("train"),
        config=lambda wildcards: recipe_keys(config, wildcards.run),
    script:
        "../workflow/scripts/train.py"
