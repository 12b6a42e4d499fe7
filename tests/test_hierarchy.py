"""The hierarchy above ImageNet's classes, with the numbers that the paper's figures rest on."""

from collections import Counter

import pytest

from cil.errors import UserError
from cil.hierarchy import Candidate, Hierarchy, Synset

DOG, DALMATIAN, ENTITY = "n02084071", "n02110341", "n00001740"
CRANE_BIRD, CRANE_HOIST = "n02012849", "n03126707"
CAR_MIRROR, MIRROR = "n02965783", "n03773035"


def made(links: dict[str, list[str]], classes: list[str]) -> Hierarchy:
    """A hierarchy from the parents of each synset, named by a word instead of a wnid."""
    names = set(links).union(*links.values())
    return Hierarchy(
        classes,
        {name: Synset(name, name, f"{name}.n.01", (name,), "") for name in names},
        [(child, parent, "hypernym") for child, above in links.items() for parent in above],
    )


@pytest.fixture(scope="module")
def diamond() -> Hierarchy:
    """A spork is a spoon and a fork, both are cutlery; a spoon lies one link deeper."""
    return made(
        {
            "cutlery": ["thing"],
            "fork": ["cutlery"],
            "scoop": ["cutlery"],
            "spoon": ["scoop"],
            "spork": ["fork", "spoon"],
            "teaspoon": ["spoon"],
        },
        ["teaspoon", "spork"],
    )


def test_the_size_of_imagenets_hierarchy(hierarchy):
    several_parents = [wnid for wnid in hierarchy.synsets if len(hierarchy.parents(wnid)) > 1]

    assert len(hierarchy.classes) == 1000
    assert len(hierarchy.synsets) == 1860
    assert hierarchy.graph.number_of_edges() == 1937
    assert len(several_parents) == 75
    assert hierarchy.roots == (ENTITY,)


def test_304_classes_have_several_paths_to_the_root(hierarchy):
    paths: dict[str, int] = {}
    for wnid in hierarchy.topological_order:
        paths[wnid] = sum(paths[parent] for parent in hierarchy.parents(wnid)) or 1

    assert sum(paths[wnid] > 1 for wnid in hierarchy.classes) == 304


def test_no_class_lies_above_another(hierarchy):
    assert all(hierarchy.classes_below(wnid) == (wnid,) for wnid in hierarchy.classes)


def test_the_dogs_lie_at_depths_1_to_5_as_in_figure_2(hierarchy):
    dogs = hierarchy.classes_below(DOG)

    assert len(dogs) == hierarchy.n_classes(DOG) == 118
    assert Counter(hierarchy.steps_up(dog)[DOG] for dog in dogs) == {
        1: 7,
        2: 22,
        3: 51,
        4: 34,
        5: 4,
    }


def test_a_synset_is_described_in_words(hierarchy):
    synset = hierarchy.synsets[DALMATIAN]

    assert synset.name == "dalmatian"
    assert synset.synset == "dalmatian.n.02"
    assert synset.lemmas == ("dalmatian", "coach dog", "carriage dog")
    assert "black or brown spots" in synset.definition
    assert hierarchy.name("n02096294") == "Australian terrier"


def test_homonyms_are_different_synsets_of_one_name(hierarchy):
    assert hierarchy.name(CRANE_BIRD) == hierarchy.name(CRANE_HOIST) == "crane"
    assert hierarchy.parents(CRANE_BIRD) != hierarchy.parents(CRANE_HOIST)


def test_candidates_go_from_general_to_specific_and_end_with_the_class(hierarchy):
    for wnid in hierarchy.classes:
        candidates = [candidate.wnid for candidate in hierarchy.candidates(wnid)]
        assert candidates[0] == ENTITY
        assert candidates[-1] == wnid
        assert set(candidates) == hierarchy.ancestors(wnid) | {wnid}
        for position, candidate in enumerate(candidates):
            assert not hierarchy.ancestors(candidate) & set(candidates[position:])


def test_steps_count_the_shortest_path_and_depths_know_both(diamond):
    assert diamond.candidates("spork") == (
        Candidate("thing", "thing", 3),
        Candidate("cutlery", "cutlery", 2),
        Candidate("scoop", "scoop", 2),
        Candidate("spoon", "spoon", 1),
        Candidate("fork", "fork", 1),
        Candidate("spork", "spork", 0),
    )
    assert diamond.depth_min("spork") == 3
    assert diamond.depth_max("spork") == 4
    assert diamond.heights["cutlery"] == 3


def test_every_parent_counts(diamond):
    assert diamond.parents("spork") == ("fork", "spoon")
    assert diamond.children("spoon") == ("spork", "teaspoon")
    assert diamond.ancestors("spork") == {"fork", "spoon", "scoop", "cutlery", "thing"}
    assert diamond.descendants("scoop") == {"spoon", "spork", "teaspoon"}
    assert diamond.classes_below("fork") == ("spork",)
    assert diamond.classes_below("cutlery") == ("teaspoon", "spork")


def test_common_ancestors(hierarchy, diamond):
    assert diamond.common_ancestors(["spork", "teaspoon"]) == {"spoon", "scoop", "cutlery", "thing"}
    assert diamond.lowest_common_ancestors(["spork", "teaspoon"]) == {"spoon"}
    assert diamond.lowest_common_ancestors(["spork"]) == {"spork"}
    twins = made({name: ["cup", "toy"] for name in ("teacup", "mug")}, ["teacup", "mug"])
    assert twins.lowest_common_ancestors(["teacup", "mug"]) == {"cup", "toy"}
    assert hierarchy.lowest_common_ancestors(hierarchy.classes_below(DOG)) == {DOG}


def test_what_is_written_is_read_back(hierarchy, tmp_path):
    hierarchy.write(tmp_path)
    back = Hierarchy.read(tmp_path)

    assert back.classes == hierarchy.classes
    assert back.synsets == hierarchy.synsets
    assert set(back.graph.edges.data("relation")) == set(hierarchy.graph.edges.data("relation"))
    tables = hierarchy.tables()
    assert {name: len(table) for name, table in tables.items()} == {
        "classes": 1000,
        "synsets": 1860,
        "edges": 1937,
        "candidates": sum(map(hierarchy.n_classes, hierarchy.synsets)),
    }
    for table in tables.values():
        first = table.iloc[:, 0]
        assert first.is_monotonic_increasing


def test_a_damaged_artifact_is_refused_by_name(hierarchy, tmp_path):
    hierarchy.write(tmp_path)
    edges = hierarchy.tables()["edges"]
    edges.loc[0, "child"] = "n99999999"
    edges.to_parquet(tmp_path / "edges.parquet")
    with pytest.raises(UserError, match="n99999999 is a class or an end of a link"):
        Hierarchy.read(tmp_path)

    edges.drop(columns="parent").to_parquet(tmp_path / "edges.parquet")
    with pytest.raises(UserError, match=r"edges\.parquet: lacks the column parent"):
        Hierarchy.read(tmp_path)


def test_a_circle_is_refused():
    with pytest.raises(UserError, match=r"form a circle: .* → "):
        made({"egg": ["hen"], "hen": ["egg"]}, ["egg"])
