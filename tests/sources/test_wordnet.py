"""WordNet 3.0: its ways in, what is added to it, what is refused."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cil.errors import UserError
from cil.sources.wordnet import (
    CORPUS,
    DEBIAN_FOLDER,
    check_wordnet,
    open_wordnet,
    provide_wordnet,
)
from cil.sources.wordnet_files import FILES, NEEDED, index_sense, supply_missing

PROGRAM = """
import sys
from cil.sources.wordnet import provide_wordnet
from cil.logs import configure_logging
configure_logging()
provide_wordnet(sys.argv[1])
"""


@pytest.fixture
def corpus(wordnet, tmp_path) -> Path:
    """A copy of the WordNet files, to be harmed."""
    return Path(shutil.copytree(Path(wordnet.root), tmp_path / "nltk_data" / CORPUS))


def provide(folder, **environment) -> subprocess.CompletedProcess[str]:
    """Provide WordNet in a process of its own that reaches no network through NLTK."""
    blocked = {"https_proxy": "http://127.0.0.1:9", "HOME": str(folder.parent), "NLTK_DATA": ""}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)],
        env=os.environ | blocked | environment,
        capture_output=True,
        text=True,
    )


def test_the_reader_answers_from_all_files(wordnet):
    dog = wordnet.synset_from_pos_and_offset("n", 2084071)

    assert wordnet.get_version() == "3.0"
    assert dog.lemma_names()[0] == "dog"
    assert dog.lexname() == "noun.animal"
    assert wordnet.lemma_from_key("dog%1:05:00::").synset() == dog
    assert dog.lemmas()[0].count() == 42


def test_the_sense_index_is_princetons_to_the_byte(wordnet):
    """The sum is that of the file `index.sense` in Princeton's distribution of WordNet 3.0."""
    content = index_sense(Path(wordnet.root)).encode()

    assert content.count(b"\n") == 206941
    assert hashlib.sha256(content).hexdigest() == (
        "ce997000ec806318ff1dfadf77d314ac527358e127d7bbe3d1f4e83a1c5c1c2b"
    )


def test_what_debian_leaves_out_is_supplied(corpus):
    wanted = {name: (corpus / name).read_bytes() for name in set(FILES) - set(NEEDED)}
    for name in wanted:
        (corpus / name).unlink()

    supply_missing(corpus)

    assert {name: (corpus / name).read_bytes() for name in wanted} == wanted
    assert wanted["lexnames"].count(b"\n") == 45


def test_a_zip_in_nltks_folder_serves_as_well(corpus, tmp_path):
    with zipfile.ZipFile(f"{corpus}.zip", "w") as archive:
        for file in corpus.iterdir():
            archive.write(file, f"wordnet/{file.name}")
    shutil.rmtree(corpus)

    # Without a PATH there is no apt-get, so that Debian's way is closed.
    done = provide(tmp_path / "made", NLTK_DATA=str(tmp_path / "nltk_data"), PATH="")

    assert done.returncode == 0, done.stderr
    assert "taken from NLTK's data folders" in done.stderr
    check_wordnet(tmp_path / "made" / CORPUS)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("apt-get"), reason="needs apt-get")
def test_debians_package_is_fetched_where_package_lists_are_empty(tmp_path):
    """As in a fresh container, and without touching the lists of the system."""
    if DEBIAN_FOLDER.is_dir():
        pytest.skip(f"{DEBIAN_FOLDER} is there: Debian's package is installed")
    (tmp_path / "lists").mkdir()
    options = tmp_path / "apt.conf"
    options.write_text(
        f'Dir::State::Lists "{tmp_path}/lists";\nDir::Cache "{tmp_path}";\n', encoding="utf-8"
    )

    done = provide(tmp_path / "made", APT_CONFIG=str(options))

    if "update failed" in done.stderr:
        pytest.skip("needs Debian's packages: apt-get cannot fetch its lists")
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "lists").iterdir()) == []
    check_wordnet(tmp_path / "made" / CORPUS)


def test_when_all_ways_fail_one_error_says_so_and_leave_what_was_there(corpus, tmp_path):
    if DEBIAN_FOLDER.is_dir():
        pytest.skip(f"{DEBIAN_FOLDER} is there: Debian's way cannot be closed")
    (corpus / "data.adv").unlink()
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "before").touch()

    done = provide(tmp_path / "made", NLTK_DATA=str(tmp_path / "nltk_data"), PATH="")

    assert done.returncode == 1
    assert f"- NLTK's data folders: {corpus}: lacks data.adv of WordNet 3.0" in done.stderr
    assert "- NLTK's download: " in done.stderr
    assert "- Debian's package wordnet-base: " in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "nltk_data"]
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["before"]


def test_what_is_there_is_kept_where_no_other_way_is_open(corpus):
    folder = corpus.parents[1]
    before = {path.name: path.read_bytes() for path in corpus.iterdir()}

    done = provide(folder, PATH="")

    assert done.returncode == 0, done.stderr
    assert {path.name: path.read_bytes() for path in corpus.iterdir()} == before


def test_a_damaged_zip_closes_one_way_and_the_next_is_tried(tmp_path):
    archive = tmp_path / "nltk_data" / f"{CORPUS}.zip"
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as whole:
        whole.writestr("wordnet/data.noun", "dog " * 1000)
    name, content = b"wordnet/data.noun", archive.read_bytes()
    archive.write_bytes(content.replace(name + content.partition(name)[2][:1], name + b"\xff", 1))

    done = provide(tmp_path / "made", NLTK_DATA=str(tmp_path / "nltk_data"), PATH="")

    assert "wordnet.zip: Error -3 while decompressing" in done.stderr
    assert "no use of NLTK's download" in done.stderr
    assert "Traceback" not in done.stderr.partition("no use of NLTK's download")[0]


def test_another_version_is_refused(corpus):
    data = (corpus / "data.verb").read_bytes()
    (corpus / "data.verb").write_bytes(data.replace(b"WordNet 3.0", b"WordNet 3.1"))

    with pytest.raises(UserError, match=r"data\.verb: states 3\.1 as its version"):
        check_wordnet(corpus)
    with pytest.raises(UserError, match=r"data\.verb: states 3\.1 as its version"):
        open_wordnet(corpus.parents[1])


@pytest.mark.parametrize(
    "harm, message",
    [
        (lambda data: data[:-4000], "damaged|holds 8[0-9]{4} synsets"),
        (lambda data: data[:5_000_000] + data[5_000_001:], "damaged: byte [0-9]+ should begin"),
        (lambda data: b"", "states no version"),
        (lambda data: b"<html>Sign in first</html>", "states no version"),
    ],
    ids=["cut off", "a byte lost", "empty", "a web page"],
)
def test_damaged_data_is_refused(corpus, harm, message):
    noun = corpus / "data.noun"
    noun.write_bytes(harm(noun.read_bytes()))

    with pytest.raises(UserError, match=message) as refusal:
        check_wordnet(corpus)
    assert str(noun) in str(refusal.value)


def test_a_missing_file_is_named(corpus):
    (corpus / "lexnames").unlink()

    with pytest.raises(UserError, match=r"lacks lexnames of WordNet 3\.0"):
        open_wordnet(corpus.parents[1])


def test_wordnet_is_taken_from_where_nltk_finds_it(wordnet, tmp_path, monkeypatch):
    monkeypatch.setattr("nltk.data.path", [str(Path(wordnet.root).parents[1])])

    provide_wordnet(tmp_path / "made")

    assert sorted(path.name for path in (tmp_path / "made" / CORPUS).iterdir()) == sorted(FILES)
