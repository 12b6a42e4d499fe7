# Purpose: how familiar each name is, from counts of a corpus or a search service.
# Needs:   hierarchy/{classes,synsets,edges}.parquet; for some sources the network and a key,
#          for one resources/published/class_search_numbers.json (sources.smk)
# Makes:   search/counts.parquet (a row per name), search/familiarity.parquet (a row per synset)
#          tables/{search_counts,homonyms}.csv, figures/search_counts.{pdf,png}
# Keeps:   resources/search/<source>.sqlite, every answer of a service, for all experiments


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
    # A crawl waits for its server, not for a core, and keeps its answers on this machine.
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=2000,
        runtime=24 * 60,
    params:
        code=code("search_counts", SOURCES.file(config["search"]["source"])),
        config=search_config(),
    script:
        "../workflow/scripts/search_counts.py"


use rule search_counts as search_compared with:
    output:
        counts=result("search/compared/{source}.parquet"),
    log:
        result("logs/search_compared/{source}.log"),
    benchmark:
        result("benchmarks/search_compared/{source}.tsv")
    params:
        code=lambda wildcards: code("search_counts", SOURCES.file(wildcards.source)),
        config=lambda wildcards: search_config(wildcards.source),


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
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=2000,
        runtime=24 * 60,
    params:
        code=code("search_familiarity", SOURCES.file(config["search"]["source"])),
        config=search_config()
        | {key: config["search"][key] for key in ("disambiguate", "smoothing")},
    script:
        "../workflow/scripts/search_familiarity.py"


rule search_table:
    """The sources side by side: what they know, and how alike they rank the names."""
    input:
        rules.search_counts.output.counts,
        [result(f"search/compared/{source}.parquet") for source in search_compared()],
    output:
        **table_outputs("Search counts", search_counts="Sources of counts"),
    log:
        result("logs/search_table.log"),
    benchmark:
        result("benchmarks/search_table.tsv")
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code("search_table"),
        config={
            "sources": [config["search"]["source"], *search_compared()],
            "pictures": pictures_in_words(),
        },
    script:
        "../workflow/scripts/search_table.py"


rule search_homonyms:
    """What each way of disambiguation makes of names such as crane, mouse and mask."""
    input:
        wordnet="resources/wordnet",
        counts=rules.search_counts.output.counts,
        classes=rules.hierarchy.output.classes,
        synsets=rules.hierarchy.output.synsets,
        edges=rules.hierarchy.output.edges,
    output:
        table=result("tables/homonyms.csv"),
        page=shown("tables/homonyms.html", "homonyms", "Search counts", "table", "Homonyms"),
    log:
        result("logs/search_homonyms.log"),
    benchmark:
        result("benchmarks/search_homonyms.tsv")
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code("search_homonyms"),
        config={"smoothing": config["search"]["smoothing"]},
    script:
        "../workflow/scripts/search_homonyms.py"


rule search_figure:
    """Figure 3: the counts in the part of the hierarchy around cat and dog."""
    input:
        familiarity=rules.search_familiarity.output.familiarity,
        classes=rules.hierarchy.output.classes,
        synsets=rules.hierarchy.output.synsets,
        edges=rules.hierarchy.output.edges,
    output:
        pdf=result("figures/search_counts.pdf"),
        png=shown(
            "figures/search_counts.png",
            "search_figure",
            "Search counts",
            "figure",
            "Figure 3: counts in the hierarchy",
        ),
    log:
        result("logs/search_figure.log"),
    benchmark:
        result("benchmarks/search_figure.tsv")
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code("search_figure"),
        config={
            "unit": SOURCES[config["search"]["source"]].unit,
            "disambiguate": config["search"]["disambiguate"],
        },
    script:
        "../workflow/scripts/search_figure.py"
