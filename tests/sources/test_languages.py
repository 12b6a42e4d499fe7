"""Names in other languages, from files in the format of the Open Multilingual Wordnet."""

import nltk
import pandas
import pytest

from cil.cli import main
from cil.errors import UserError
from cil.sources.languages import names_in

DOG, BIRD, CAT, OWL = "n02084071", "n01503061", "n02121620", "n01621127"
FRENCH = """# Wolf\tfra\thttp://alpage.inria.fr/\tCeCILL-C
02084071-n\tfra:lemma\tchien
02084071-n\tfra:lemma\tcanis familiaris
01503061-n\tfra:lemma\toiseau
02084071-v\tfra:lemma\tpoursuivre
"""
OTHERS = (
    "# Other\tjpn\thttp://example.org/\tX\n02084071-n\tlemma\t犬\n01621127-n\tjpn:lemma\tフクロウ\n"
)


@pytest.fixture
def omw(tmp_path, monkeypatch):
    folder = tmp_path / "corpora" / "omw-1.4"
    for name, text in (("fra", FRENCH), ("jpn", OTHERS)):
        (folder / name).mkdir(parents=True)
        (folder / name / f"wn-data-{name}.tab").write_text(text, encoding="utf-8")
    monkeypatch.setattr(nltk.data, "path", [str(tmp_path), *nltk.data.path])
    return tmp_path


def test_the_first_name_of_each_synset_that_has_one(omw, wordnet_folder):
    assert names_in("fra", [DOG, BIRD, CAT], wordnet_folder) == {DOG: "chien", BIRD: "oiseau"}
    assert names_in("jpn", [DOG, OWL], wordnet_folder) == {DOG: "犬", OWL: "フクロウ"}


def test_an_unknown_language_is_refused_with_those_that_there_are(omw, wordnet_folder):
    with pytest.raises(UserError, match=r"found 'french'; omw-1\.4 has: eng, fra, jpn"):
        names_in("french", [DOG], wordnet_folder)


def test_without_the_corpus_it_is_said_where_to_put_it(wordnet_folder, monkeypatch, tmp_path):
    monkeypatch.setattr(nltk.data, "path", [str(tmp_path)])
    monkeypatch.setattr(nltk, "download", lambda *_, **__: False)
    with pytest.raises(UserError, match=r"omw-1\.4: .*put it into corpora/"):
        names_in("fra", [DOG], wordnet_folder)


def test_labels_are_shown_in_it_and_keep_their_own_where_it_has_none(omw, tmp_path, capsys):
    out = tmp_path / "fra.csv"
    assert main(["labels", "--language", "fra", "--show", "3", "--out", str(out)]) == 0
    assert "  chien (118): " in capsys.readouterr().out
    table = pandas.read_csv(out).set_index("label")
    assert table.loc["dog", "display"].unique().tolist() == ["chien"]
    assert table.loc["snake", "display"].unique().tolist() == ["snake"]

    assert main(["labels", "--language", "fra", "--out", str(tmp_path / "fra.json")]) == 1
    assert "a label file has WordNet's names" in capsys.readouterr().err
