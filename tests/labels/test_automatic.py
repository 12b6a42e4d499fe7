"""Label sets made from the familiarity of names, on all of ImageNet."""

import pandas
import pytest
from hierarchies import made

from cil.labels.agreement import agreement
from cil.labels.automatic import tree_cut
from cil.labels.strategies.ancestor import ancestor
from cil.labels.strategies.entry_level import entry_level
from cil.labels.strategies.original import original
from cil.labels.strategies.search_count import AUTHORS_BARRED, search_count
from cil.labels.worth import Weights, worth_of_names

DOG, BEAGLE, TABBY = "n02084071", "n02088364", "n02123045"


@pytest.fixture(scope="module")
def animals():
    links = {"animal": ["entity"], "dog": ["animal"], "beagle": ["dog"], "pug": ["dog"]}
    return made(links, ["beagle", "pug"])


FAMILIARITY = {"entity": 10.0, "animal": 900.0, "dog": 500.0, "beagle": 5.0, "pug": 500.0}


def test_the_largest_count_wins_and_of_equals_the_specific(animals):
    assert search_count(animals, FAMILIARITY).names == ("animal",)
    assert search_count(animals, FAMILIARITY, barred=["animal"]).names == ("dog", "pug")
    assert search_count(animals, FAMILIARITY, barred=["authors"]).names == ("dog", "pug")


def test_a_name_without_a_count_is_chosen_only_where_nothing_else_is_left(animals):
    assert search_count(animals, {}, barred=["authors"]).names == ("beagle", "pug")
    assert search_count(animals, {"dog": 0.0}).names == ("dog",)


def test_general_synsets_can_be_barred_by_the_classes_below(animals):
    assert search_count(animals, FAMILIARITY, most_classes=1).names == ("beagle", "pug")


def test_the_authors_barred_28_names():
    assert len(AUTHORS_BARRED) == len(set(AUTHORS_BARRED)) == 28


def test_the_entry_level_moves_down_as_the_penalty_grows(animals):
    assert entry_level(animals, FAMILIARITY, 0).names == ("animal",)
    assert entry_level(animals, FAMILIARITY, 1).names == ("dog", "pug")
    assert entry_level(animals, FAMILIARITY, 9).names == ("beagle", "pug")


@pytest.mark.parametrize("labels", [100, 488, 900])
def test_the_cut_has_as_many_labels_as_asked_for(hierarchy, naming, labels):
    assert len(tree_cut(hierarchy, naming, labels)) == labels


def test_the_cut_names_things_as_people_do(hierarchy, naming):
    labelset = tree_cut(hierarchy, naming, 488)
    names = {label.name for label in labelset.labels}

    assert labelset.label_of(BEAGLE).name == "dog"
    assert {"dog", "snake", "car", "bear", "pizza"} <= names
    assert not {"entity", "artifact", "food", "animal"} & names


def test_every_property_of_a_good_name_counts_in_its_direction(hierarchy, naming):
    def worth(**changes):
        row = naming.loc[[DOG]].assign(**changes)
        return worth_of_names(hierarchy, pandas.concat([naming.drop(DOG), row]))[DOG]

    row = naming.loc[DOG]
    before = worth()
    assert worth(zipf=row["zipf"] - 3) < before
    assert worth(share=row["share"] / 1000) < before
    assert worth(hyponyms=row["hyponyms"] * 4) < before
    assert worth(headed=row["headed"] * 4) > before
    assert worth(mentioned=row["mentioned"] * 4) > before


def named_alike(hierarchy):
    """What `worth_of_names` asks for, all names equally good but for their words."""
    return pandas.DataFrame(
        {"zipf": 4.0, "rarest": 4.0, "share": 1.0, "hyponyms": 0, "headed": 0, "mentioned": 0},
        index=sorted(hierarchy.synsets),
    )


def test_it_costs_to_hide_well_known_words_unless_the_label_is_in_them():
    links = {name: ["bird"] for name in ("owl", "duck", "bluebird", "song bird")}
    birds = made(links, list(links))
    naming = named_alike(birds)
    rare = naming.assign(zipf=[4.0 if name == "bird" else 1.0 for name in naming.index])
    without = Weights(hidden=0.0)

    cost = worth_of_names(birds, naming, without)["bird"] - worth_of_names(birds, naming)["bird"]
    # Owl and duck are known by two Zipf points more than counts for nothing, for four classes.
    assert cost == pytest.approx(Weights().hidden * 2 * (4.0 - Weights().hidden_from) / 4)
    assert worth_of_names(birds, rare)["bird"] == worth_of_names(birds, rare, without)["bird"]


def test_a_name_that_says_its_kind_is_worth_more_and_a_strange_one_for_one_class_less():
    links = {"wading bird": ["bird"], "waders": ["bird"], "stilt": ["wading bird"]}
    links |= {"heron": ["wading bird"], "sandpiper": ["waders"], "knot": ["waders"]}
    links |= {"crane": ["lifter"], "carp fish": ["carp"]}
    things = made(links, ["stilt", "heron", "sandpiper", "knot", "crane", "carp fish"])
    worth = worth_of_names(things, named_alike(things))

    assert worth["wading bird"] - worth["waders"] == pytest.approx(Weights().compound)
    assert worth["lifter"] < worth["crane"] - Weights().renamed + 1e-9
    assert worth["carp"] > worth["carp fish"] - Weights().compound - 1e-9


def test_counts_of_phrases_say_nothing():
    links = {"game bird": ["bird"], "quail": ["game bird"], "snipe": ["game bird"]}
    birds = made(links, ["quail", "snipe"])
    naming = named_alike(birds)
    usual = naming.assign(zipf=[7.0 if " " in name else 4.0 for name in naming.index])

    assert worth_of_names(birds, usual) == worth_of_names(birds, naming)


def test_a_phrase_with_a_rare_word_is_worth_less_within_bounds():
    birds = made({"game bird": ["bird"], "quail": ["game bird"]}, ["quail"])

    def worth(rarest):
        return worth_of_names(birds, named_alike(birds).assign(rarest=rarest))

    least, most = Weights().phrase_least, Weights().phrase_most
    assert worth(least)["game bird"] < worth(3.8)["game bird"] < worth(most)["game bird"]
    assert worth(0.0) == worth(least)
    assert worth(7.0) == worth(most)
    assert worth(0.0)["bird"] == worth(7.0)["bird"]


def test_names_are_measured_over_all_of_wordnet(naming):
    dog = naming.loc[DOG]

    assert (dog["hyponyms"], dog["headed"]) == (189, 31)
    assert dog["share"] > 0.8  # of the senses of dog, the animal is the usual one
    assert naming.loc[TABBY, "hyponyms"] == 0
    by_name = naming.set_index("name")["rarest"]
    assert by_name["coraciiform bird"] == 0
    assert by_name["wading bird"] == pytest.approx(3.05, abs=0.01)  # of "wading"


@pytest.mark.parametrize("labels", [488, 500, 510])
def test_the_cut_comes_as_close_to_what_people_chose_as_it_should(
    hierarchy, naming, published, labels
):
    cut = agreement(tree_cut(hierarchy, naming, labels), published)
    assert cut["ari"] >= 0.92
    assert cut["ari_rest"] >= 0.65
    assert cut["v_measure"] >= 0.955
    assert cut["same_name"] >= 0.62


def test_the_cut_comes_closer_to_what_people_chose_than_any_plain_strategy(
    hierarchy, naming, counts, published
):
    cut = agreement(tree_cut(hierarchy, naming, 488), published)
    familiarity = counts.set_index("name")["count"]
    by_wnid = {wnid: familiarity[hierarchy.name(wnid)] for wnid in hierarchy.synsets}
    plain = [
        original(hierarchy),
        ancestor(hierarchy, 1),
        ancestor(hierarchy, 2, "longest"),
        search_count(hierarchy, by_wnid, ["authors"]),
        entry_level(hierarchy, by_wnid, 0.35),
    ]
    for labelset in plain:
        other = agreement(labelset, published)
        for measure in ("ari", "ari_rest", "v_measure", "same_name"):
            assert cut[measure] > other[measure], measure


def test_the_published_counts_fit_the_same_weights(hierarchy, naming, counts):
    from cil.labels.naming import zipf_scale

    other = counts.assign(source="published", count=counts["count"] ** 1.5 * 1000)
    ours, theirs = zipf_scale(counts), zipf_scale(other)

    assert theirs["dog"] == pytest.approx(ours["dog"], abs=0.6)
    assert sorted(theirs, key=theirs.get)[-1] == sorted(ours, key=ours.get)[-1]
