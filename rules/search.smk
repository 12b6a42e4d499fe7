# Purpose: how familiar each name is, from counts of a corpus or a search service.
# Needs:   hierarchy/{classes,synsets,edges}.parquet; for some sources the network and a key,
#          for one resources/published/class_search_numbers.json (sources.smk)
# Makes:   search/counts.parquet (a row per name), search/familiarity.parquet (a row per synset)
# Keeps:   resources/search/<source>.sqlite, every answer of a service, for all experiments


# A crawl waits for its server, not for a core, and keeps its answers on this machine.
localrules:
    search_counts,
    search_familiarity,


rule search_counts:
    """
    The count of every name in the hierarchy, from the source that the configuration names. A
    crawl that was stopped goes on where it was: answers are kept at once.
    """
    input:
        unpack(search_inputs),
        synsets=rules.hierarchy.output.synsets,
    output:
        counts=result("search/counts.parquet"),
    log:
        result("logs/search_counts.log"),
    benchmark:
        result("benchmarks/search_counts.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=2000,
        runtime=24 * 60,
    params:
        code=code("search_counts"),
        config=search_config(),
    script:
        "../workflow/scripts/search_counts.py"


rule search_familiarity:
    """
    The familiarity of every synset: the count of its name, if wanted shared out among the
    meanings of the name.
    """
    input:
        wordnet="resources/wordnet",
        counts=rules.search_counts.output.counts,
        classes=rules.hierarchy.output.classes,
        synsets=rules.hierarchy.output.synsets,
        edges=rules.hierarchy.output.edges,
    output:
        familiarity=result("search/familiarity.parquet"),
    log:
        result("logs/search_familiarity.log"),
    benchmark:
        result("benchmarks/search_familiarity.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=2000,
        runtime=24 * 60,
    params:
        code=code("search_familiarity"),
        config=search_config()
        | {key: config["search"][key] for key in ("disambiguate", "smoothing")},
    script:
        "../workflow/scripts/search_familiarity.py"
