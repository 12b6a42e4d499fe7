"""The ways to a consensus, agreement, and simulated voters."""

import krippendorff
import numpy as np
import pandas
import pytest
from people import ANIMAL, CAT, CROQUET, DOG, NORWICH, TABBY, TERRIER, on_norwich, votes

from cil.errors import UserError
from cil.votes.agreement import agreement, by_class, by_voter, contested, pairwise_agreement
from cil.votes.ballots import Ballots
from cil.votes.consensus import METHODS, consensus, decide
from cil.votes.simulate import simulate_votes
from cil.votes.study import STUDY_COLUMNS, Study, study_voters

SHARK, MACKEREL_SHARK = "n01484850", "n01483522"  # the great white is the only one in ImageNet


def label_of(table, wnid=NORWICH):
    """The consensus on a class: label and whether the tie rule chose it."""
    row = table.set_index("wnid").loc[wnid]
    return row["label"], bool(row["tie"])


# From votes to labels


@pytest.mark.parametrize(
    ("choices", "majority", "hierarchical"),
    [
        ((DOG, DOG, TERRIER), ("dog", False), ("dog", False)),
        ((DOG, TERRIER), ("terrier", True), ("terrier", True)),  # the more specific candidate
        # A vote for terrier is one for a dog; a vote for animal is none for dog.
        ((DOG, TERRIER, ANIMAL), ("terrier", True), ("dog", False)),
        ((ANIMAL, ANIMAL, DOG), ("animal", False), ("animal", False)),
        ((DOG, DOG, TERRIER, TERRIER, NORWICH), ("terrier", True), ("terrier", False)),
        ((DOG, "pet"), ("dog", True), ("dog", True)),  # a candidate before one's own label
        ((DOG, TERRIER, TERRIER, "pet"), ("terrier", False), ("terrier", False)),
        # Most wrote a label of their own, but no two of them the same.
        ((DOG, DOG, "pet", "woof", "pup"), ("dog", False), ("dog", False)),
        ((DOG, TERRIER, "pet", "pet", "woof"), ("pet", False), ("pet", False)),
        (("pet", "Pet", DOG), ("Pet", False), ("Pet", False)),  # spelling does not count
        (("woof", "pet"), ("pet", True), ("pet", True)),  # the first in the alphabet
        (("?", "?"), ("Norwich terrier", False), ("Norwich terrier", False)),
        (("?", DOG), ("dog", False), ("dog", False)),
    ],
)
def test_ties_and_nesting(hierarchy, choices, majority, hierarchical):
    table = on_norwich(hierarchy, *choices)
    assert label_of(consensus(table, hierarchy, "majority")) == majority
    assert label_of(consensus(table, hierarchy, "hierarchical")) == hierarchical


@pytest.mark.parametrize("method", METHODS)
def test_every_method_labels_every_class_once(hierarchy, method):
    table = consensus(on_norwich(hierarchy, DOG, DOG, TERRIER), hierarchy, method)
    assert table["wnid"].tolist() == sorted(hierarchy.classes)
    row = table.set_index("wnid").loc[NORWICH]
    support = 3 if method == "hierarchical" else 2  # a vote for terrier is one for a dog
    assert (row["label_wnid"], row["support"], row["voters"]) == (DOG, support, 3)
    assert set(table["method"]) == {method} and not table["simulated"].any()


@pytest.mark.parametrize("method", ["dawid-skene", "mace"])
def test_skilled_voters_outvote_blind_ones(hierarchy, familiar, method):
    """Two who agree on other classes are believed against three who answer blindly."""
    table = simulate_votes(hierarchy, familiar, {"familiarity": 2, "random": 3}, seed=3)
    alone = table[table["voter"].str.contains("familiarity")]
    ballots, both = Ballots(table, hierarchy), Ballots(alone, hierarchy)
    agreed = [
        wnid for wnid, counts in both.counts.items() if len(counts) == 1 and counts.total() == 2
    ]
    wanted = decide(both, "majority")

    def found(by):
        chosen = decide(ballots, by)
        return np.mean([chosen[wnid].option == wanted[wnid].option for wnid in agreed])

    assert found(method) > max(0.95, found("majority"))


@pytest.mark.parametrize("method", ["dawid-skene", "mace"])
def test_the_order_of_rows_does_not_matter(hierarchy, familiar, method):
    table = simulate_votes(hierarchy, familiar, {"familiarity": 2, "undecided": 2}, seed=1)
    shuffled = table.sample(frac=1, random_state=0)
    pandas.testing.assert_frame_equal(
        consensus(table, hierarchy, method), consensus(shuffled, hierarchy, method)
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_neither_names_nor_order_decide(hierarchy, familiar, method, seed):
    """Renamed voters in another order make the same labels."""
    panel = {"familiarity": 3, "undecided": 2, "random": 1}
    table = simulate_votes(hierarchy, familiar, panel, seed=seed)
    names = sorted(table["voter"].unique())
    other = np.random.default_rng(seed).permutation([f"person {n}" for n in range(len(names))])
    renamed = table.assign(voter=table["voter"].map(dict(zip(names, other, strict=True))))
    pandas.testing.assert_frame_equal(
        consensus(table, hierarchy, method),
        consensus(renamed.sample(frac=1, random_state=seed), hierarchy, method),
    )


@pytest.mark.parametrize("method", METHODS)
def test_of_two_who_always_differ_the_more_specific_wins_by_the_tie_rule(hierarchy, method):
    rows = [
        (voter, wnid, hierarchy.candidates(wnid)[place].wnid)
        for wnid in hierarchy.classes[:600]
        for voter, place in (("a", -2), ("b", -1))
    ]
    table = consensus(votes(hierarchy, *rows), hierarchy, method)
    voted = table[table["wnid"].isin(hierarchy.classes[:600])]
    assert (table["label_wnid"] == table["wnid"]).all() and voted["tie"].all()


@pytest.mark.parametrize("method", METHODS)
def test_own_names_are_the_candidate_that_they_spell(hierarchy, method):
    """Two of three say dog, each in another way."""
    table = on_norwich(hierarchy, NORWICH, "Dogs", "a dog")
    assert label_of(consensus(table, hierarchy, method)) == ("dog", False)
    table = on_norwich(hierarchy, DOG, "pups", "A pup", "the Pup", "pup")
    assert label_of(consensus(table, hierarchy, method))[0].casefold().endswith("pup")


def test_an_unknown_method_is_named(hierarchy):
    with pytest.raises(UserError, match=r"no method 'median'.*hierarchical, mace, majority"):
        consensus(on_norwich(hierarchy, DOG), hierarchy, "median")


# Agreement


def test_alpha_is_that_of_the_package_krippendorff(hierarchy):
    rng = np.random.default_rng(0)
    classes = hierarchy.classes_below(DOG)[:30]
    options = [DOG, ANIMAL, "own"]
    codes = rng.integers(0, 3, (4, 30)).astype(float)
    codes[rng.random((4, 30)) < 0.2] = np.nan
    rows = [
        (f"voter {voter}", classes[unit], "?" if np.isnan(code) else options[int(code)])
        for (voter, unit), code in np.ndenumerate(codes)
    ]
    table = votes(hierarchy, *[(v, w, c) for v, w, c in rows])
    found = agreement(table, hierarchy)
    expected = krippendorff.alpha(codes, level_of_measurement="nominal")
    assert found["krippendorff_alpha"] == pytest.approx(expected)

    share = hierarchy.n_classes(DOG) / hierarchy.n_classes(ANIMAL)
    distance = np.array([[0, 1 - share, 1], [1 - share, 0, 1], [1, 1, 0]]) ** 2

    def metric(v1, v2, **_):
        return distance[v1.astype(int), v2.astype(int)]

    expected = krippendorff.alpha(codes, level_of_measurement=metric)
    assert found["krippendorff_alpha_hierarchical"] == pytest.approx(expected)


def test_nested_labels_disagree_less_than_strangers(hierarchy):
    def alpha(other):
        table = votes(
            hierarchy,
            *[("a", NORWICH, DOG), ("b", NORWICH, other), ("a", TABBY, CAT), ("b", TABBY, CAT)],
        )
        return agreement(table, hierarchy)["krippendorff_alpha_hierarchical"]

    assert alpha(TERRIER) > alpha("cup")


@pytest.mark.parametrize(
    ("rows", "alpha", "pairwise"),
    [
        ([], None, None),
        ([("a", NORWICH, DOG)], None, None),  # nobody to agree with
        ([("a", NORWICH, DOG), ("b", TABBY, CAT)], None, None),  # no class in common
        ([("a", NORWICH, "?"), ("b", NORWICH, DOG)], None, None),
        ([("a", NORWICH, DOG), ("b", NORWICH, DOG)], 1.0, 1.0),  # chance would agree as well
        ([("a", NORWICH, DOG), ("b", NORWICH, TERRIER)], 0.0, 0.0),
    ],
)
def test_agreement_of_degenerate_data(hierarchy, rows, alpha, pairwise):
    table = votes(hierarchy, *rows) if rows else votes(hierarchy, ("a", NORWICH, DOG)).head(0)
    found = agreement(table, hierarchy)
    assert (found["krippendorff_alpha"], found["pairwise_agreement"]) == (alpha, pairwise)
    assert found["krippendorff_alpha_hierarchical"] == alpha
    assert len(by_class(table, hierarchy)) == 1000
    assert len(by_voter(table, hierarchy)) == len({voter for voter, _, _ in rows})


def test_where_chance_cannot_disagree_there_is_no_alpha(hierarchy):
    """A parent of a single class swallows what the class does: the two are no distance apart."""
    table = votes(hierarchy, ("a", SHARK, SHARK), ("b", SHARK, MACKEREL_SHARK))
    found = agreement(table, hierarchy)
    assert found["krippendorff_alpha"] == 0
    assert found["krippendorff_alpha_hierarchical"] is None


def test_contested_classes_come_first_where_least_agree(hierarchy):
    table = votes(
        hierarchy,
        *[("a", NORWICH, DOG), ("b", NORWICH, TERRIER), ("c", NORWICH, ANIMAL)],
        *[("a", TABBY, CAT), ("b", TABBY, CAT), ("c", TABBY, TABBY)],
        *[("a", CROQUET, CROQUET), ("b", CROQUET, "toy"), ("c", CROQUET, "?")],
    )
    classes = by_class(table, hierarchy)
    split = contested(classes)
    assert split["name"].tolist() == ["Norwich terrier", "croquet ball"]
    assert split["votes"].tolist()[1] == "croquet ball 1; toy 1"
    tabby = classes.set_index("wnid").loc[TABBY]
    assert tabby["pairwise_agreement"] == pytest.approx(1 / 3) and not tabby["contested"]


def test_pairs_are_counted_over_all_classes(hierarchy):
    ballots = Ballots(on_norwich(hierarchy, DOG, DOG, TERRIER, TERRIER), hierarchy)
    assert pairwise_agreement(list(ballots.counts.values())) == pytest.approx(2 / 6)


def test_blind_and_stubborn_voters_are_reported_and_kept(hierarchy, familiar):
    panel = {"familiarity": 3, "detail": 1, "undecided": 2, "random": 2}
    table = simulate_votes(hierarchy, familiar, panel, seed=5)
    stubborn = votes(
        hierarchy, *[("always own name", wnid, wnid) for wnid in hierarchy.classes[:60]]
    )
    found = by_voter(pandas.concat([table, stubborn]), hierarchy).set_index("voter")["finding"]
    assert found[found != ""].to_dict() == {
        "always own name": "same step",
        "simulated-random-01": "random",
        "simulated-random-02": "random",
    }
    assert len(found) == 9


def test_labels_of_ones_own_are_no_step(hierarchy):
    """Nobody else voted, so that nothing is known of them."""
    inventive = [("a", wnid, f"thing {n}") for n, wnid in enumerate(hierarchy.classes[:40])]
    (row,) = by_voter(votes(hierarchy, *inventive), hierarchy).to_dict("records")
    assert (row["own_labels"], row["finding"]) == (40, "")


# Simulated voters


def test_simulated_voters_are_reproducible_marked_and_independent(hierarchy, familiar):
    few = simulate_votes(hierarchy, familiar, {"familiarity": 1, "undecided": 1}, seed=2)
    more = simulate_votes(hierarchy, familiar, {"familiarity": 2, "undecided": 1}, seed=2)
    common = more[more["voter"].isin(few["voter"])].reset_index(drop=True)
    pandas.testing.assert_frame_equal(few, common)
    assert few["simulated"].all() and few["voter"].str.startswith("simulated-").all()
    assert not few.equals(simulate_votes(hierarchy, familiar, {"familiarity": 1, "undecided": 1}))


def test_simulated_voters_call_things_what_people_do(hierarchy, familiar):
    panel = {"familiarity": 5, "detail": 2, "undecided": 2}
    table = consensus(simulate_votes(hierarchy, familiar, panel), hierarchy, "majority")
    labels = table.set_index("wnid")["label"]
    assert 400 <= table["label_wnid"].nunique() <= 600
    assert (labels[list(hierarchy.classes_below(DOG))] == "dog").all()
    assert labels["n02123394"] in {"cat", "domestic cat"}  # Persian cat
    assert not set(labels) & {"entity", "object", "artifact", "whole", "animal", "chordate"}
    assert table["simulated"].all()


def test_a_panel_of_nobody_is_refused(hierarchy, familiar):
    with pytest.raises(UserError, match="at least one voter"):
        simulate_votes(hierarchy, familiar, {"familiarity": 0})
    with pytest.raises(UserError, match="moody"):
        simulate_votes(hierarchy, familiar, {"moody": 1})


def test_more_voters_come_nearer_to_the_consensus_of_a_crowd(hierarchy, familiar):
    """The study on a small grid: reproducible, a row per size, method and share."""
    study = Study([1, 9], ["majority", "dawid-skene"], panels=2, random_share=0.2, seed=1)
    panel = {"familiarity": 5, "detail": 2, "undecided": 2}
    table = study_voters(hierarchy, familiar, panel, study)
    assert tuple(table.columns) == STUDY_COLUMNS and len(table) == 8
    assert (table["panels"] == 2).all() and table["labels"].between(300, 800).all()
    rows = table.set_index(["random_voters", "method", "voters"])["ari_mean"]
    for share in (0.0, 0.2):
        for method in ("majority", "dawid-skene"):
            assert rows[share, method, 9] > rows[share, method, 1]
    assert (rows.xs(9, level="voters") > 0.95).all() and (table["ari_std"] > 0).all()
    again = Study([1], ["majority"], panels=2, random_share=0.0, seed=1)
    part = table[(table["voters"] == 1) & (table["method"] == "majority")]
    part = part[part["random_voters"] == 0]
    pandas.testing.assert_frame_equal(
        part.reset_index(drop=True), study_voters(hierarchy, familiar, panel, again)
    )
