"""The nouns read at once are those that NLTK's reader gives one by one."""

from cil.sources.hypernyms import wnid_of
from cil.sources.nouns import Nouns


def test_nouns_are_those_of_nltk(nouns: Nouns, wordnet):
    every = list(nouns)
    assert len(every) == 82115
    for noun in every[::50]:
        synset = wordnet.synset_from_pos_and_offset("n", int(noun.wnid[1:]))
        parents = synset.hypernyms() + synset.instance_hypernyms()
        assert noun.names == tuple(name.replace("_", " ") for name in synset.lemma_names())
        assert set(noun.parents) == set(map(wnid_of, parents))
        assert noun.definition == synset.definition()


def test_senses_are_counted_as_nltk_counts_them(nouns: Nouns, wordnet):
    for name in ("dog", "Crane", "mouse", "earth", "system", "guinea pig"):
        word = name.replace(" ", "_").lower()
        assert nouns.tagged_senses(name) == {
            wnid_of(synset): sum(
                lemma.count() for lemma in synset.lemmas() if lemma.name().lower() == word
            )
            for synset in wordnet.synsets(word, pos="n")
            if any(lemma.name().lower() == word for lemma in synset.lemmas())
        }


def test_irregular_plurals(nouns: Nouns):
    assert nouns.irregular_plurals["goose"] == "geese"
    assert "dog" not in nouns.irregular_plurals
