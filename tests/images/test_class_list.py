"""Lists of classes as people have them."""

import pytest

from cil.errors import UserError
from cil.images.class_list import class_list

WNIDS = ["n01440764", "n01443537", "n02084071"]


def read(path):
    return class_list("synthetic", "", str(path), "no WordNet needed")


@pytest.mark.parametrize(
    "text",
    [
        "n02084071\nn01440764\n\nn01443537",
        "n01440764 tench, Tinca tinca\nn01443537 goldfish\nn02084071 dog\n",  # synset_words.txt
        "n01440764\ttench\r\nn01443537\tgoldfish\r\nn02084071\tdog\r\n",
        '"n01440764","tench"\n"n01443537","goldfish"\n"n02084071","dog"\n',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_wnid_that_a_line_begins_with_counts(tmp_path, text, encoding):
    path = tmp_path / "classes.txt"
    path.write_text(text, encoding=encoding)
    assert read(path) == WNIDS


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"n01440764\ntench\n", "classes.txt, line 2: found 'tench'; expected a wnid"),
        (b"n014407641\n", "line 1: found 'n014407641'"),
        (b"n01440764.tar\n", "line 1: found 'n01440764.tar'"),
        (b"n01440764\nn01440764 tench\n", "line 2: n01440764 stands in line 1 already"),
        (b"\n", "holds no wnid"),
        (b"n01440764\n\xe9\n", "line 2: not a text file in UTF-8"),
    ],
)
def test_another_line_is_named_by_file_and_number(tmp_path, content, message):
    path = tmp_path / "classes.txt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        read(path)


def test_a_folder_or_nothing_in_its_place_is_named(tmp_path):
    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        read(tmp_path)
    with pytest.raises(UserError, match=r"there is no file .*none\.txt"):
        read(tmp_path / "none.txt")
