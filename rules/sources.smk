# Purpose: the raw sources, fetched once and shared by all experiments.
# Needs:   the network, or what stands in for it: NLTK's data, Debian's packages, a mirror folder
# Makes:   resources/wordnet/, resources/published/<file>, resources/tiny-imagenet-200.zip,
#          hierarchy/wnids.txt
# A source that is there already is checked and kept, wherever it came from.


rule wordnet:
    """
    WordNet 3.0, of whose nouns ImageNet's classes are offsets: where NLTK finds it, else by
    NLTK's download, else from Debian's package wordnet-base.
    """
    output:
        folder=update(directory("resources/wordnet")),
    log:
        "resources/logs/wordnet.log",
    benchmark:
        "resources/benchmarks/wordnet.tsv"
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=1000,
        runtime=20,
    params:
        code=code("wordnet"),
    script:
        "../workflow/scripts/wordnet.py"


rule published:
    """
    A file that the paper's authors, or those of Downsampled ImageNet, published: the label file,
    the search counts, the development kit's class order.
    """
    output:
        file=update("resources/published/{file}"),
    log:
        "resources/logs/published/{file}.log",
    benchmark:
        "resources/benchmarks/published/{file}.tsv"
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=500,
        runtime=20,
    params:
        code=code("published"),
    script:
        "../workflow/scripts/published.py"


rule tiny_imagenet:
    """The official zip of Tiny ImageNet, where the configuration names no zip of its own."""
    output:
        archive=update("resources/tiny-imagenet-200.zip"),
    log:
        "resources/logs/tiny_imagenet.log",
    benchmark:
        "resources/benchmarks/tiny_imagenet.tsv"
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=500,
        runtime=120,
    params:
        code=code("tiny_imagenet"),
    script:
        "../workflow/scripts/tiny_imagenet.py"


rule class_list:
    """The classes of the experiment: those that the configuration lists, or the pictures bring."""
    input:
        raw_inputs(config["dataset"]["classes"]),
        wordnet=rules.wordnet.output.folder,
    output:
        wnids=result("hierarchy/wnids.txt"),
    log:
        result("logs/class_list.log"),
    benchmark:
        result("benchmarks/class_list.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code("class_list", KINDS.file(config["dataset"]["kind"])),
        pictures=folder_version(raw_pictures()),
        config={
            "kind": config["dataset"]["kind"],
            "path": raw_pictures(),
            "classes": config["dataset"]["classes"],
            "drop": dropped(),
        },
    script:
        "../workflow/scripts/class_list.py"
