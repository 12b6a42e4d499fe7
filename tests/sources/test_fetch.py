"""Fetching files from a mirror folder and from a real server on loopback."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cil.errors import UserError
from cil.sources.fetch import RemoteFile, fetch, mirror_folder
from cil.sources.published import PUBLISHED, provide_published

CONTENT = bytes(range(256)) * 2000


class Server:
    """Serves CONTENT after as many troubles as asked for; notes each request's Range."""

    def __init__(self, *troubles):
        self.troubles, self.requests = list(troubles), []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests.append(self.headers.get("Range"))
                trouble = outer.troubles.pop(0) if outer.troubles else "none"
                outer.answer(self, trouble)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/file.bin"

    def answer(self, handler, trouble):
        if isinstance(trouble, int):
            handler.send_error(trouble)
            return
        body = {"html": b"<html>Sign in first</html>", "more": CONTENT + b"more"}.get(
            trouble, CONTENT
        )
        start = 0
        if (wanted := handler.headers.get("Range")) and trouble != "no range":
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            handler.send_response(206)
        else:
            handler.send_response(200)
        handler.send_header("Content-Length", str(len(body) - start))
        handler.end_headers()
        handler.wfile.write(body[start : start + 300_000] if trouble == "cut" else body[start:])

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def remote(url="http://127.0.0.1:9/file.bin", content=CONTENT):
    return RemoteFile("file.bin", url, len(content), hashlib.sha256(content).hexdigest())


def test_a_file_is_downloaded_whole(tmp_path):
    with Server() as server:
        fetch(remote(server.url), tmp_path / "deep" / "file.bin")

    assert (tmp_path / "deep" / "file.bin").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["file.bin"]


def test_a_mirror_is_asked_before_the_network(tmp_path):
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "file.bin").write_bytes(CONTENT)

    with Server() as server:
        fetch(remote(server.url), tmp_path / "file.bin", mirror)
        assert server.requests == []
        (mirror / "file.bin").unlink()
        fetch(remote(server.url), tmp_path / "another.bin", mirror)
        assert server.requests == [None]


def test_what_is_there_already_is_kept(tmp_path):
    with Server() as server:
        fetch(remote(server.url), tmp_path / "file.bin")
        fetch(remote(server.url), tmp_path / "file.bin")
        assert server.requests == [None]


@pytest.mark.parametrize("place", ["mirror", "server"])
def test_a_wrong_sum_is_refused_and_nothing_is_left(tmp_path, place):
    wrong = b"<html>Sign in first</html>"
    mirror, target = tmp_path / "mirror", tmp_path / "file.bin"
    mirror.mkdir()
    if place == "mirror":
        (mirror / "file.bin").write_bytes(wrong)

    with Server("html") as server, pytest.raises(UserError) as refusal:
        fetch(remote(server.url), target, mirror)

    assert hashlib.sha256(wrong).hexdigest() in str(refusal.value)
    assert hashlib.sha256(CONTENT).hexdigest() in str(refusal.value)
    assert (str(mirror / "file.bin") if place == "mirror" else server.url) in str(refusal.value)
    assert [path.name for path in tmp_path.iterdir()] == ["mirror"]


def test_a_refused_file_leaves_the_one_before(tmp_path):
    (tmp_path / "file.bin").write_text("before")

    with Server("html") as server, pytest.raises(UserError):
        fetch(remote(server.url), tmp_path / "file.bin")

    assert (tmp_path / "file.bin").read_text() == "before"


def test_a_busy_server_is_asked_again(tmp_path):
    with Server(503, 429) as server:
        fetch(remote(server.url), tmp_path / "file.bin")
        assert len(server.requests) == 3


def test_a_cut_connection_is_taken_up_where_it_broke(tmp_path):
    with Server("cut") as server:
        fetch(remote(server.url), tmp_path / "file.bin")

    assert server.requests[0] is None
    assert server.requests[1].startswith("bytes=")
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_server_without_ranges_begins_anew(tmp_path):
    with Server("cut", "no range") as server:
        fetch(remote(server.url), tmp_path / "file.bin")

    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_missing_page_is_not_asked_for_twice(tmp_path):
    with Server(404) as server, pytest.raises(UserError, match="answers 404"):
        fetch(remote(server.url), tmp_path / "file.bin")

    assert len(server.requests) == 1


def test_a_longer_file_is_refused_at_once(tmp_path):
    with Server("more") as server, pytest.raises(UserError, match="more than the 512000 bytes"):
        fetch(remote(server.url), tmp_path / "file.bin")

    assert list(tmp_path.iterdir()) == []


def test_without_a_connection_the_way_out_is_named(tmp_path):
    with pytest.raises(UserError, match=r"refused.*sources\.mirror or the.*CIL_MIRROR"):
        fetch(remote(), tmp_path / "file.bin")


def test_the_mirror_is_configured_or_in_the_environment(tmp_path):
    assert mirror_folder("", {}) is None
    assert mirror_folder("", {"CIL_MIRROR": str(tmp_path)}) == tmp_path
    assert mirror_folder(str(tmp_path), {"CIL_MIRROR": "/elsewhere"}) == tmp_path
    with pytest.raises(UserError, match=r"sources\.mirror: there is no folder /elsewhere"):
        mirror_folder("/elsewhere", {})


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_files_have_the_sums_that_are_pinned(published, tmp_path, name):
    if not (published / name).exists():
        pytest.skip(f"{name} is not in the folder that CIL_MIRROR names")
    provide_published(tmp_path / name, str(published))

    assert (tmp_path / name).stat().st_size == PUBLISHED[name].size


def test_an_unknown_published_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"labels\.json: not a published file; there are class_"):
        provide_published(tmp_path / "labels.json")
