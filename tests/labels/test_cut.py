"""The cut is consistent, and the best there is: every other one was tried."""

import pytest
from hierarchies import all_cuts, made, random_hierarchies
from hypothesis import given, settings
from hypothesis import strategies as st

from cil.hierarchy import Hierarchy
from cil.labels.cut import best_cut

quick = settings(max_examples=40, deadline=None)
WORTHS = st.lists(st.integers(-50, 50), min_size=9, max_size=9)


def valued(hierarchy, worths):
    return {
        wnid: worth / 10 for wnid, worth in zip(sorted(hierarchy.synsets), worths, strict=False)
    }


def worth_of(hierarchy, chosen, values, reward):
    """The value of a cut, and how many labels it makes; a class above the cut labels itself."""
    inner = [
        wnid for wnid in hierarchy.classes if not (hierarchy.ancestors(wnid) | {wnid}) & chosen
    ]
    total = sum(values[wnid] * hierarchy.n_classes(wnid) for wnid in chosen)
    number = len(chosen) + len(inner)
    return total + sum(values[wnid] for wnid in inner) + reward * number, number


def reached(labels, values, reward):
    return sum(values[wnid] for wnid in labels.values()) + reward * len(set(labels.values()))


@quick
@given(random_hierarchies(inner_classes=True), WORTHS, st.sampled_from([0.0, 1.0, -0.7]))
def test_no_other_cut_is_worth_more(hierarchy, worths, reward):
    values = valued(hierarchy, worths)
    best = max(worth_of(hierarchy, cut, values, reward)[0] for cut in all_cuts(hierarchy))

    assert reached(best_cut(hierarchy, values, reward=reward), values, reward) == pytest.approx(
        best
    )


@quick
@given(random_hierarchies(inner_classes=True), WORTHS, st.integers(1, 8))
def test_of_the_cuts_with_so_many_labels_the_best(hierarchy, worths, wanted):
    values = valued(hierarchy, worths)
    cuts = [worth_of(hierarchy, cut, values, 0.0) for cut in all_cuts(hierarchy)]
    nearest = min({number for _, number in cuts}, key=lambda each: (abs(each - wanted), -each))
    labels = best_cut(hierarchy, values, wanted)
    number = len(set(labels.values()))

    assert number == nearest
    best = max(worth for worth, count in cuts if count == number)
    assert reached(labels, values, 0.0) == pytest.approx(best)


@quick
@given(random_hierarchies(), WORTHS)
def test_a_cut_is_consistent(hierarchy, worths):
    labels = best_cut(hierarchy, valued(hierarchy, worths))
    chosen = set(labels.values())

    assert set(labels) == set(hierarchy.classes)
    for wnid, label in labels.items():
        assert (hierarchy.ancestors(wnid) | {wnid}) & chosen == {label}
    for label in chosen:
        assert not hierarchy.ancestors(label) & chosen
        assert {labels[wnid] for wnid in hierarchy.classes_below(label)} == {label}


@quick
@given(random_hierarchies(), WORTHS, st.lists(st.integers(-30, 30), min_size=4, max_size=4))
def test_a_larger_reward_never_gives_fewer_labels(hierarchy, worths, rewards):
    values = valued(hierarchy, worths)
    numbers = [
        len(set(best_cut(hierarchy, values, reward=reward / 7).values()))
        for reward in sorted(set(rewards))
    ]

    assert numbers == sorted(numbers)


@quick
@given(random_hierarchies(inner_classes=True), WORTHS, st.randoms(use_true_random=False))
def test_the_order_of_the_classes_does_not_matter(hierarchy, worths, shuffler):
    values = valued(hierarchy, worths)
    classes = list(hierarchy.classes)
    shuffler.shuffle(classes)
    links = hierarchy.graph.edges.data("relation")
    shuffled = Hierarchy(
        classes, hierarchy.synsets, [(child, parent, kind) for parent, child, kind in links]
    )

    assert best_cut(shuffled, values, 3) == best_cut(hierarchy, values, 3)


def test_a_spork_is_under_one_label_only():
    """Fork and spoon both lie above spork, so that no cut can have both of them."""
    links = {"fork": ["tool"], "spoon": ["tool"], "spork": ["fork", "spoon"]}
    links |= {"dinner fork": ["fork"], "teaspoon": ["spoon"]}
    tableware = made(links, ["spork", "dinner fork", "teaspoon"])
    values = {"fork": 5, "spoon": 4, "tool": 1, "spork": 0, "dinner fork": 0, "teaspoon": 0}

    assert best_cut(tableware, values) == {
        "spork": "fork",
        "dinner fork": "fork",
        "teaspoon": "teaspoon",
    }


def test_a_number_that_no_cut_has_becomes_the_nearest():
    flat = made({name: ["thing"] for name in "abc"}, list("abc"))
    values = dict.fromkeys(flat.synsets, 0.0)

    assert len(set(best_cut(flat, values, 2).values())) == 3  # of two as near the larger
    assert len(set(best_cut(flat, values, 90).values())) == 3
