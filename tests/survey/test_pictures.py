"""Pictures in original size, and what of a request reaches the file system: nothing."""

import io
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PIL import Image

from cil.images.folder import folder_splits
from cil.images.store import write_store
from cil.images.tiny_imagenet import TinyImageNetArchive
from cil.sources.hypernyms import hierarchy_above
from cil.survey import links
from cil.survey.app import create_app
from cil.survey.experiment import Survey

CLASSES = ["n01443537", "n01629819", "n01641577"]  # goldfish, salamander, bullfrog
HOSTILE = [
    "../../../etc/passwd/0",
    "..%2f..%2fetc%2fpasswd/0",
    "%2fetc%2fpasswd/0",
    "n01443537%00.png/0",
    "n01443537%2f..%2fn01629819/0",
    "n01443537/../0",
    "n01443537/-1",
    "n01443537/6",
    "n01443537/99999999999999999999",
    "n99999999/0",
]


def visitor(tmp_path, wordnet, splits, about):
    """A voter's client, and the address of their pages, in a survey of three classes."""
    hierarchy_above(CLASSES, wordnet).write(tmp_path / "x" / "hierarchy")
    write_store(tmp_path / "x" / "images", splits, CLASSES, 8, about)
    survey = Survey.open(tmp_path / "x", str(tmp_path / "votes.sqlite"), create=True)
    token = links.token_of(survey.store.secret, survey.store.invite("Ada").id)
    return create_app(survey).test_client(), f"/v/{token}"


_opened: list[str] | None = None


def _watch(event: str, arguments: tuple) -> None:
    if _opened is not None and event in {"open", "os.listdir", "os.scandir"}:
        _opened.append(str(arguments[0]))


sys.addaudithook(_watch)


@contextmanager
def watched() -> Iterator[list[str]]:
    """The paths that this process opens or lists meanwhile."""
    global _opened
    _opened = paths = []
    try:
        yield paths
    finally:
        _opened = None


def test_tiny_imagenet_comes_in_its_own_64_pixels(tmp_path, wordnet, sample_data):
    path = sample_data / "tiny-imagenet-200-sample.zip"
    with TinyImageNetArchive(path) as archive:
        about = {"kind": "tiny-imagenet", "source": str(path)}
        client, home = visitor(tmp_path, wordnet, archive.splits(CLASSES, 8), about)
    page = client.get(f"{home}/class/{CLASSES[0]}").text
    assert page.count("<img") == 6 and "tiny-imagenet pictures at 64×64 pixels" in page
    with zipfile.ZipFile(path) as raw:
        members = {raw.read(name) for name in raw.namelist() if f"train/{CLASSES[0]}/" in name}
    replies = [client.get(f"{home}/picture/{CLASSES[0]}/{number}") for number in range(6)]
    assert len({reply.data for reply in replies} & members) == 6
    assert {reply.mimetype for reply in replies} == {"image/jpeg"}
    with watched() as paths:
        for wrong in HOSTILE:
            assert client.get(f"{home}/picture/{wrong}").status_code in {404, 308}, wrong
    assert paths == []


@pytest.fixture
def raw(tmp_path):
    """A folder of pictures of different sizes and kinds, one of each class below each split."""
    for wnid in CLASSES:
        for split in ("train", "val"):
            (tmp_path / "raw" / split / wnid).mkdir(parents=True)
            for name, size in (("a.JPEG", (500, 375)), ("b.png", (120, 300))):
                Image.new("RGB", size, "teal").save(tmp_path / "raw" / split / wnid / name)
    return tmp_path / "raw"


def test_a_folder_of_pictures_is_shown_in_original_size(tmp_path, wordnet, raw):
    about = {"kind": "image-folder", "source": str(raw)}
    client, home = visitor(tmp_path, wordnet, folder_splits(raw, CLASSES, 8), about)
    found = [client.get(f"{home}/picture/{CLASSES[0]}/{number}") for number in (0, 1)]
    assert [reply.mimetype for reply in found] == ["image/jpeg", "image/png"]
    assert [Image.open(io.BytesIO(reply.data)).size for reply in found] == [(500, 375), (120, 300)]
    page = client.get(f"{home}/class/{CLASSES[0]}").text
    assert "image-folder pictures" in page and 'class="pictures small"' not in page
    with watched() as paths:
        for wrong in HOSTILE:
            assert client.get(f"{home}/picture/{wrong}").status_code in {404, 308}, wrong
            assert client.get(f"/static/{wrong}").status_code in {404, 308}, wrong
        for wrong in ("..%2fapp.py", "app.py", "survey.css/../../app.py", "nothing.css"):
            assert client.get(f"/static/{wrong}").status_code == 404, wrong
    assert paths == []
    with watched() as paths:
        client.get(f"{home}/picture/{CLASSES[1]}/0?file=/etc/passwd")
    assert all(path.startswith(str(raw / "train" / CLASSES[1])) for path in paths) and paths


def test_where_the_folder_is_gone_the_stores_own_pixels_are_shown(tmp_path, wordnet, raw):
    about = {"kind": "image-folder", "source": str(raw)}
    client, home = visitor(tmp_path, wordnet, folder_splits(raw, CLASSES, 8), about)
    raw.rename(tmp_path / "elsewhere")
    reply = client.get(f"{home}/picture/{CLASSES[2]}/0")
    assert reply.mimetype == "image/png" and Image.open(io.BytesIO(reply.data)).size == (8, 8)
