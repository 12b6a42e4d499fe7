# Purpose: label sets, each a label for every class; how they compare, and what is wrong with them.
# Needs:   hierarchy/*.parquet; as the strategies ask: search/{counts,familiarity}.parquet,
#          survey/consensus.parquet, a label file; images/ for the samples of Figure 1
# Makes:   labels/<labelset>.{json,parquet}, search/{naming,closeness}.parquet,
#          labels/{summary,agreement,moved,audit,tree_cut}.csv, tables/{labelsets,tree_cut}.*,
#          report/{audit,explorer}.html,
#          figures/{mapping,depths,labels,tree_cut}.{pdf,png}


rule naming:
    """
    What makes the name of a synset one that people say: how frequent the word is in this
    meaning, how much it leaves open, how many things are named after it.
    """
    input:
        unpack(naming_inputs),
        wordnet="resources/wordnet",
        counts=rules.search_counts.output.counts,
        classes=rules.hierarchy.output.classes,
        synsets=rules.hierarchy.output.synsets,
        edges=rules.hierarchy.output.edges,
    output:
        naming=result("search/naming.parquet"),
    log:
        result("logs/naming.log"),
    benchmark:
        result("benchmarks/naming.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code("naming"),
    script:
        "../workflow/scripts/naming.py"


rule closeness:
    """
    How far each class resembles every label that it may take: cosines of what names and
    definitions mean, by the vectors of their words.
    """
    input:
        wordnet="resources/wordnet",
        classes=rules.hierarchy.output.classes,
        synsets=rules.hierarchy.output.synsets,
        edges=rules.hierarchy.output.edges,
    output:
        closeness=result("search/closeness.parquet"),
    log:
        result("logs/closeness.log"),
    benchmark:
        result("benchmarks/closeness.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        code=code("closeness"),
    script:
        "../workflow/scripts/closeness.py"


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
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=lambda wildcards: code("labelset", strategy_code(wildcards.labelset)),
        config=lambda wildcards: config["labelsets"][wildcards.labelset],
    script:
        "../workflow/scripts/labelset.py"


rule labelset_comparison:
    """
    How the label sets compare: their sizes, their agreement with each other, the classes that
    moved against the reference, and what an audit finds.
    """
    input:
        classes=rules.hierarchy.output.classes,
        synsets=rules.hierarchy.output.synsets,
        edges=rules.hierarchy.output.edges,
        naming=rules.naming.output.naming,
        closeness=rules.closeness.output.closeness,
        labelsets=expand(result("labels/{labelset}.parquet"), labelset=config["labelsets"]),
    output:
        table=result("tables/labelsets.csv"),
        summary=result("labels/summary.csv"),
        agreement=result("labels/agreement.csv"),
        moved=result("labels/moved.csv"),
        audit=result("labels/audit.csv"),
    log:
        result("logs/labelset_comparison.log"),
    benchmark:
        result("benchmarks/labelset_comparison.tsv")
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code("labelset_comparison"),
        config={
            "labelsets": {name: each["strategy"] for name, each in config["labelsets"].items()},
            "reference": config["reference"],
        },
    script:
        "../workflow/scripts/labelset_comparison.py"


rule labelset_tables:
    """The label sets side by side, for people and papers, and what the audit finds as a page."""
    input:
        table=rules.labelset_comparison.output.table,
        audit=rules.labelset_comparison.output.audit,
    output:
        **table_pages("Label sets", labelsets="Label sets compared"),
        page=shown("report/audit.html", "audit", "Label sets", "page", "Audit"),
    log:
        result("logs/labelset_tables.log"),
    benchmark:
        result("benchmarks/labelset_tables.tsv")
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("labelset_tables"),
        config={"reference": config["reference"], "pictures": pictures_in_words()},
    script:
        "../workflow/scripts/labelset_tables.py"


rule tree_cut_sizes:
    """The cut into 100 to 900 labels: how much it agrees with the reference."""
    input:
        classes=rules.hierarchy.output.classes,
        synsets=rules.hierarchy.output.synsets,
        edges=rules.hierarchy.output.edges,
        naming=rules.naming.output.naming,
        reference=result(f"labels/{config['reference']}.parquet"),
    output:
        sizes=result("labels/tree_cut.csv"),
    log:
        result("logs/tree_cut_sizes.log"),
    benchmark:
        result("benchmarks/tree_cut_sizes.tsv")
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code("tree_cut_sizes"),
    script:
        "../workflow/scripts/tree_cut_sizes.py"


rule tree_cut_figure:
    """Agreement with the reference over the number of labels, as a table and a figure."""
    input:
        sizes=rules.tree_cut_sizes.output.sizes,
        reference=result(f"labels/{config['reference']}.json"),
    output:
        **figure_outputs("Label sets", "tree_cut", "Cuts of 100 to 900 labels"),
        table=result("tables/tree_cut.csv"),
        page=shown(
            "tables/tree_cut.html", "tree_cut", "Label sets", "table", "Cuts of 100 to 900 labels"
        ),
    log:
        result("logs/tree_cut_figure.log"),
    benchmark:
        result("benchmarks/tree_cut_figure.tsv")
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("tree_cut_figure"),
        config={"reference": config["reference"]},
    script:
        "../workflow/scripts/tree_cut_figure.py"


rule labelset_figures:
    """
    Figure 2, the classes below dog at their depths, and a map of the reference label set.
    """
    input:
        classes=rules.hierarchy.output.classes,
        synsets=rules.hierarchy.output.synsets,
        edges=rules.hierarchy.output.edges,
        reference=result(f"labels/{config['reference']}.parquet"),
    output:
        depths_pdf=result("figures/depths.pdf"),
        depths_png=shown(
            "figures/depths.png", "depths", "Label sets", "figure", "Figure 2: depths below dog"
        ),
        map_pdf=result("figures/labels.pdf"),
        map_png=shown(
            "figures/labels.png", "labelset_map", "Label sets", "figure", "The whole label set"
        ),
    log:
        result("logs/labelset_figures.log"),
    benchmark:
        result("benchmarks/labelset_figures.tsv")
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code("labelset_figures"),
    script:
        "../workflow/scripts/labelset_figures.py"


rule mapping_figure:
    """
    Figure 1: the largest groups of the reference label set, with a picture of each class.
    """
    input:
        classes=rules.hierarchy.output.classes,
        synsets=rules.hierarchy.output.synsets,
        edges=rules.hierarchy.output.edges,
        reference=result(f"labels/{config['reference']}.parquet"),
        images=multiext(
            result("images/"), "train.npy", "train_classes.npy", "val.npy", "val_classes.npy"
        ),
        meta=result("images/meta.json"),
    output:
        **figure_outputs("Label sets", "mapping", "Figure 1: the largest groups"),
    log:
        result("logs/mapping_figure.log"),
    benchmark:
        result("benchmarks/mapping_figure.tsv")
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code("mapping_figure"),
    script:
        "../workflow/scripts/mapping_figure.py"


rule explorer:
    """A page to explore and edit the label sets in: the hierarchy, labels, findings, pictures."""
    input:
        classes=rules.hierarchy.output.classes,
        synsets=rules.hierarchy.output.synsets,
        edges=rules.hierarchy.output.edges,
        labelsets=expand(result("labels/{labelset}.parquet"), labelset=config["labelsets"]),
        audit=rules.labelset_comparison.output.audit,
        images=multiext(
            result("images/"), "train.npy", "train_classes.npy", "val.npy", "val_classes.npy"
        ),
        meta=result("images/meta.json"),
    output:
        page=shown("report/explorer.html", "explorer", "Label sets", "page", "Explorer"),
    log:
        result("logs/explorer.log"),
    benchmark:
        result("benchmarks/explorer.tsv")
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code("explorer"),
        config={
            "experiment": config["experiment"],
            "labelsets": list(config["labelsets"]),
            "reference": config["reference"],
        },
    script:
        "../workflow/scripts/explorer.py"


rule label_packages:
    """
    What others need to use the label sets: data cards, and class maps for timm. torchvision
    reads the label files themselves (cil/labels/transform.py).
    """
    input:
        labelsets=expand(result("labels/{labelset}.json"), labelset=config["labelsets"]),
        summary=rules.labelset_comparison.output.summary,
        agreement=rules.labelset_comparison.output.agreement,
        audit=rules.labelset_comparison.output.audit,
    output:
        cards=expand(result("labels/{labelset}.md"), labelset=config["labelsets"]),
        class_maps=expand(result("labels/{labelset}.pkl"), labelset=config["labelsets"]),
    log:
        result("logs/label_packages.log"),
    benchmark:
        result("benchmarks/label_packages.tsv")
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code("label_packages", *map(strategy_code, config["labelsets"])),
        config={"labelsets": config["labelsets"]},
    script:
        "../workflow/scripts/label_packages.py"
