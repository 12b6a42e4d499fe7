# Purpose: the pictures of the data set, of whatever kind, as memory-mapped arrays.
# Needs:   hierarchy/classes.parquet (hierarchy.smk); the raw pictures, or for generated ones
#          hierarchy/candidates.parquet; for Downsampled ImageNet map_clsloc.txt (sources.smk)
# Makes:   images/{train,val}.npy, images/{train,val}_classes.npy, images/meta.json


rule images:
    """
    The image store: all pictures at one size with the index of their class, train and val; where
    they come from stands in meta.json.
    """
    input:
        raw_inputs(),
        unpack(images_inputs),
        classes=rules.hierarchy.output.classes,
    output:
        train=result("images/train.npy"),
        train_classes=result("images/train_classes.npy"),
        val=result("images/val.npy"),
        val_classes=result("images/val_classes.npy"),
        meta=result("images/meta.json"),
    log:
        result("logs/images.log"),
    benchmark:
        result("benchmarks/images.tsv")
    conda:
        "../envs/environment.yaml"
    threads: 16
    resources:
        mem_mb=growing(3000),
        runtime=growing(240),
    params:
        code=code("images", KINDS.file(config["dataset"]["kind"])),
        pictures=folder_version(raw_pictures()),
        config=images_config(),
    script:
        "../workflow/scripts/images.py"
