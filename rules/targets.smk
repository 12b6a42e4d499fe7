# What the experiment ends in, room by room: every artifact, not only the last ones, as Snakemake
# leaves alone what is missing in the middle. Functions only; called when all rules are known.


def hierarchy_targets():
    """The classes and what lies above them."""
    return [*rules.class_list.output, *rules.hierarchy.output]


def search_targets():
    """The counts, and what is made of them."""
    compared = rules.search_compared.output
    return [
        *rules.search_counts.output,
        *expand(compared, source=search_compared()),
        *rules.search_familiarity.output,
        *rules.search_table.output,
        *rules.search_homonyms.output,
        *rules.search_figure.output,
    ]


def survey_targets():
    """The votes, what they agree on, and how many voters it takes."""
    return [
        *rules.votes.output,
        *rules.consensus.output,
        *rules.contested.output,
        *rules.study.output,
        *rules.voters.output,
        *rules.survey_figure.output,
    ]


def labelset_targets():
    """The label sets in all forms with their cards, and what tables and figures say of them."""
    strategies = {each["strategy"] for each in config["labelsets"].values()}
    cuts = [*rules.tree_cut_sizes.output, *rules.tree_cut_figure.output]
    return [
        *rules.naming.output,
        *rules.closeness.output,
        *expand(rules.labelset.output, labelset=config["labelsets"]),
        *rules.label_packages.output,
        rules.explorer.output.page,
        *rules.labelset_comparison.output,
        *rules.labelset_tables.output,
        *rules.labelset_figures.output,
        *rules.mapping_figure.output,
        *(cuts if "tree-cut" in strategies else ()),
    ]


def training_targets():
    """The trained networks, their scores, tables and figures, and a classifier to take away."""
    return [
        *expand(rules.train.output, run=config["runs"], seed=range(config["training"]["seeds"])),
        *rules.evaluate.output,
        *rules.cuts.output,
        *rules.tables.output,
        *rules.figure_curves.output,
        *rules.figure_per_label.output,
        *rules.figure_forgiven.output,
        *rules.figure_cuts.output,
        *rules.export.output,
        *rules.model_card.output,
    ]


def products():
    """All artifacts of the experiment, but for the files that list them."""
    return [
        *hierarchy_targets(),
        *search_targets(),
        *survey_targets(),
        *labelset_targets(),
        *rules.images.output,
        *(rules.export_pretrained.output if config["export"]["pretrained"] else ()),
        *(training_targets() if config["runs"] else ()),
    ]


def targets():
    """All that the experiment ends in."""
    return [*products(), *rules.readme.output]
