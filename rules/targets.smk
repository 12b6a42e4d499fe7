# What the experiment ends in, room by room. Functions only.


def labelset_targets():
    """The label sets in all forms with their cards, and what tables and figures say of them."""
    cuts = any(each["strategy"] == "tree-cut" for each in config["labelsets"].values())
    tables = ("summary", "agreement", "moved", "audit")
    return [
        *(
            result(f"labels/{name}.{kind}")
            for name in config["labelsets"]
            for kind in ("json", "parquet", "pkl", "md")
        ),
        *(result(f"labels/{name}.csv") for name in tables),
        result("report/audit.html"),
        *table_files("labelsets"),
        *figure_files("depths", "labels", "mapping"),
        *(
            [
                result("labels/tree_cut.csv"),
                *table_files("tree_cut", kinds=("csv", "html")),
                *figure_files("tree_cut"),
            ]
            if cuts
            else ()
        ),
    ]


def search_targets():
    """What the counts end in, besides the labels."""
    return [
        result("search/familiarity.parquet"),
        *table_files("search_counts"),
        *table_files("homonyms", kinds=("csv", "html")),
        *figure_files("search_counts"),
    ]


def survey_targets():
    """What the survey ends in, besides the labels."""
    return [
        *(result(f"survey/{name}") for name in ("votes.parquet", "consensus.parquet", "study.csv")),
        *table_files("contested", "voters", kinds=("csv", "html")),
        *figure_files("voters", "survey"),
    ]


def training_targets():
    """What trained networks end in: scores, tables, figures, and a classifier to take away."""
    return [
        *(result(f"evaluation/{name}.csv") for name in ("metrics", "per_label")),
        *(result(f"export/{name}") for name in ("classifier.onnx", "labels.json", "README.md")),
        result("report/model_card.html"),
        *table_files("table1", "table2", "baselines"),
        *figure_files("curves", "per_label", "forgiven", "cuts"),
    ]


def products():
    """All artifacts that the experiment ends in, but for the files that list them."""
    trained = training_targets() if config["runs"] else []
    return [*labelset_targets(), *search_targets(), *survey_targets(), *trained]


def targets():
    """All that the experiment ends in."""
    return [*products(), result("README.md")]
