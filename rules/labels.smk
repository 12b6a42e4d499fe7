# Purpose: label sets, each a label for every class.
# Needs:   hierarchy/*.parquet; as the strategy asks: survey/consensus.parquet, a label file
# Makes:   labels/<labelset>.{json,parquet}


rule labelset:
    """
    One label set by the strategy that the configuration names: as a drop-in label file
    {wnid: label}, and as a table with the label's number and synset.
    """
    input:
        unpack(labelset_inputs),
        classes=rules.hierarchy.output.classes,
        synsets=rules.hierarchy.output.synsets,
        edges=rules.hierarchy.output.edges,
    output:
        json=result("labels/{labelset}.json"),
        parquet=result("labels/{labelset}.parquet"),
    log:
        result("logs/labelset/{labelset}.log"),
    benchmark:
        result("benchmarks/labelset/{labelset}.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code("labelset"),
        config=lambda wildcards: config["labelsets"][wildcards.labelset],
    script:
        "../workflow/scripts/labelset.py"
