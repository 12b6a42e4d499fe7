"""Everything about label sets works for a part of the classes, as Tiny ImageNet's 200 are."""

import pytest
from matplotlib.text import Text

from cil.hierarchy import Hierarchy
from cil.labels import automatic
from cil.labels.agreement import agreement_table, comparison_table, moved_table, summary_table
from cil.labels.audit import audit, audit_table
from cil.labels.naming import naming_table
from cil.labels.strategies.ancestor import ancestor
from cil.labels.strategies.entry_level import entry_level
from cil.labels.strategies.original import original
from cil.labels.strategies.random import random
from cil.labels.strategies.search_count import search_count
from cil.report.figures.depths import draw_depths
from cil.report.figures.labelset_map import draw_labelset_map
from cil.report.figures.tree_cut import draw_tree_cut
from cil.report.labelsets import labelsets_table

DOG = "n02084071"


@pytest.fixture(scope="module")
def subset(hierarchy) -> Hierarchy:
    """200 of ImageNet's classes, none of them a dog."""
    dogs = set(hierarchy.classes_below(DOG))
    others = [wnid for wnid in hierarchy.classes if wnid not in dogs]
    return hierarchy.restricted(others[::4][:200])


def test_every_strategy_and_everything_after_it(subset, nouns, counts, tmp_path):
    assert len(subset.classes) == 200
    naming = naming_table(subset, nouns, counts).set_index("wnid")
    familiarity = counts.set_index("name")["count"].to_dict()
    by_wnid = {wnid: familiarity[subset.name(wnid)] for wnid in subset.synsets}
    classes = original(subset)
    labelsets = {
        "original": classes,
        "one-up": ancestor(subset, 1),
        "two-up": ancestor(subset, 2, "longest"),
        "search-count": search_count(subset, by_wnid, ["authors"]),
        "entry-level": entry_level(subset, by_wnid, 0.35),
        "tree-cut": automatic.tree_cut(subset, naming, 120),
        "random": random(subset, classes),
    }
    assert len(labelsets["tree-cut"]) == 120

    summary = summary_table(labelsets, {name: name for name in labelsets})
    agreement = agreement_table(labelsets)
    findings = audit_table(subset, {name: audit(each) for name, each in labelsets.items()})
    table = comparison_table(summary, agreement, findings, "tree-cut").set_index("labelset")
    sizes = automatic.tree_cut_sizes(subset, naming, labelsets["tree-cut"])

    rows = table.reset_index().to_dict("records")
    shown = labelsets_table(rows, "tree-cut", "Tiny ImageNet").to_markdown()
    best = table.drop("tree-cut")["ari"].max()
    assert f"**{best:.2f}**" in shown and "**1.00**" not in shown
    assert "Data set: Tiny ImageNet." in shown
    assert "the paper says 627" not in shown
    theirs = [row | {"strategy": "published"} for row in rows]
    shown = labelsets_table(theirs, "tree-cut", "Tiny ImageNet").to_markdown()
    assert "644 of all 1,000 classes; the paper says 627" in shown
    assert table.loc["tree-cut", "ari"] == 1
    assert 0 < table.loc["entry-level", "ari"] < 1
    assert set(moved_table(labelsets, "tree-cut")["labelset"]) <= set(labelsets)
    assert sizes["labels"].tolist() == [100, 150, 200]

    said = [text.get_text() for text in draw_depths(subset).findobj(Text)]
    assert any("No two classes of this experiment are dogs" in each for each in said)
    draw_labelset_map(labelsets["tree-cut"]).savefig(tmp_path / "labels.png")
    cuts = draw_tree_cut(sizes.to_dict("records"), "tree-cut", 120, simulated=False)
    cuts.savefig(tmp_path / "tree_cut.png")
