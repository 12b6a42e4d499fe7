# Purpose: WordNet's hierarchy above the classes of the data set.
# Needs:   resources/wordnet/ (sources.smk), hierarchy/wnids.txt (sources.smk)
# Makes:   hierarchy/{classes,synsets,edges,candidates}.parquet


rule hierarchy:
    """
    The classes, every ancestor of theirs, every parent link, and for each class the labels it
    may take: the synsets on all its paths to the root.
    """
    input:
        wordnet="resources/wordnet",
        wnids=result("hierarchy/wnids.txt"),
    output:
        classes=result("hierarchy/classes.parquet"),
        synsets=result("hierarchy/synsets.parquet"),
        edges=result("hierarchy/edges.parquet"),
        candidates=result("hierarchy/candidates.parquet"),
    log:
        result("logs/hierarchy.log"),
    benchmark:
        result("benchmarks/hierarchy.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code("hierarchy"),
    script:
        "../workflow/scripts/hierarchy.py"
