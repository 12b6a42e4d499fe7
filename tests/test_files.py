"""Artifacts are written whole or not at all, and odd ones are refused by name."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas
import pytest

from cil.errors import UserError
from cil.files import (
    atomic_path,
    read_json,
    read_parquet,
    write_csv,
    write_json,
    write_parquet,
)
from cil.locks import hold, turn


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    with pytest.raises(ZeroDivisionError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError

    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_success_replaces_the_file_and_keeps_its_suffix_while_writing(tmp_path):
    with atomic_path(tmp_path / "new" / "a.npz") as temporary:
        assert temporary.suffix == ".npz"
        temporary.write_text("whole")

    assert (tmp_path / "new" / "a.npz").read_text() == "whole"


def test_json_and_csv_round_trip(tmp_path):
    write_json({"é": [1]}, tmp_path / "a.json")
    write_csv([{"b": 2, "a": 1}], tmp_path / "a.csv", ["a", "b"])

    assert read_json(tmp_path / "a.json") == {"é": [1]}
    assert (tmp_path / "a.csv").read_text() == "a,b\n1,2\n"


def test_equal_tables_have_equal_bytes(tmp_path):
    for name in "ab":
        write_parquet(pandas.DataFrame({"x": [1, 2], "y": ["p", None]}), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("content", [b"", b"<html>", b"PAR1 cut short"])
def test_an_unreadable_parquet_file_is_named(tmp_path, content):
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.parquet: not a readable Parquet file"):
        read_parquet(path)


def test_a_missing_file_and_a_missing_column_are_named(tmp_path):
    with pytest.raises(UserError, match=r"none\.parquet: there is no such file"):
        read_parquet(tmp_path / "none.parquet")
    write_parquet(pandas.DataFrame({"x": [1]}), tmp_path / "a.parquet")
    with pytest.raises(UserError, match="lacks the columns y, z; found x"):
        read_parquet(tmp_path / "a.parquet", ["x", "y", "z"])
    with pytest.raises(UserError, match=r"a\.json: there is no such file"):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 200_000, "not a readable JSON file"),
        ("1" * 5000, "not a readable JSON file"),
        ('{"a": [{"b": "first", "b": "second"}]}', "'b' stands twice, with 'first' and 'second'"),
    ],
    ids=["deep", "huge number", "key twice"],
)
def test_json_that_cannot_be_read_without_loss_is_refused(tmp_path, text, message):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(UserError, match=rf"a\.json: {message}"):
        read_json(path)


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path):
    (tmp_path / "a.json").mkdir()
    with pytest.raises(UserError, match=r"a\.json: not a readable JSON file .*Is a directory"):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("folder", "Is a directory"),
        ("file/a.json", "Not a directory"),
        ("file/deep/a.json", "Not a directory"),
        ("a" * 300, "File name too long"),
    ],
)
def test_a_place_where_no_file_can_be_is_named_and_left_as_it_was(tmp_path, name, reason):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=f"{name}: cannot be written: {reason}; .* another file"):
        write_json({}, tmp_path / name)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]


def test_a_link_stays_and_its_target_is_written(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real/a.json")
    (tmp_path / "second.json").symlink_to("link.json")
    (tmp_path / "new.json").symlink_to("real/b.json")

    write_json(1, tmp_path / "second.json")
    write_json(2, tmp_path / "new.json")

    assert [(tmp_path / f"real/{name}.json").read_text() for name in "ab"] == ["1\n", "2\n"]
    assert all((tmp_path / f"{name}.json").is_symlink() for name in ("link", "second", "new"))


def test_links_in_a_circle_are_named(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(UserError, match="a: cannot be written: Too many levels of symbolic links"):
        write_json({}, tmp_path / "a")


def test_a_pipe_is_written_to_and_stays(tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE)

    write_csv([{"a": 1}], pipe, ["a"])

    assert reader.communicate(timeout=10)[0] == b"a\n1\n"
    assert pipe.is_fifo() and list(tmp_path.iterdir()) == [pipe]


def test_a_device_is_written_to_and_stays(tmp_path):
    device = tmp_path / "null"
    device.symlink_to("/dev/null")  # a wrong result must not take the machine's away

    write_json({}, device)

    assert device.is_symlink() and Path("/dev/null").is_char_device()
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    with pytest.raises(UserError, match="full: cannot be written: No space left on device"):
        write_json({}, full)


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_gets_it_in_its_turn_whatever_it_is(tmp_path, name):
    program = f"print('before'); from cil.files import write_json; write_json(1, {name!r})"
    program += "; print('after')"
    with (tmp_path / "out.txt").open("w") as out:
        subprocess.run([sys.executable, "-c", program], stdout=out, check=True)
    piped = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True)

    assert (tmp_path / "out.txt").read_text() == "before\n1\nafter\n"
    assert piped.stdout == b"before\n1\nafter\n"


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_has_the_permissions_that_the_umask_leaves(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        write_json({}, tmp_path / "a.json")
    finally:
        os.umask(before)
    assert (tmp_path / "a.json").stat().st_mode & 0o777 == mode


def test_a_writer_with_a_file_of_its_own_changes_no_permissions(tmp_path):
    with atomic_path(tmp_path / "a.bin") as temporary:  # as safetensors does
        own = tmp_path / "own"
        own.touch(mode=0o600)
        own.replace(temporary)
    (tmp_path / "plain").touch()
    assert (tmp_path / "a.bin").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_file_that_was_there_keeps_its_permissions(tmp_path):
    (tmp_path / "a.json").write_text("old")
    (tmp_path / "a.json").chmod(0o640)
    write_json({}, tmp_path / "a.json")
    assert (tmp_path / "a.json").stat().st_mode & 0o777 == 0o640


def test_a_long_name_can_be_written(tmp_path):
    write_json({}, tmp_path / ("a" * 250 + ".json"))


def test_an_error_of_other_work_beside_a_file_stays_what_it_is(tmp_path):
    with pytest.raises(ConnectionResetError), atomic_path(tmp_path / "a.zip"):
        raise ConnectionResetError(104, "Connection reset by peer")


def test_a_lock_is_held_as_long_as_its_process_lives_and_not_longer(tmp_path):
    path = tmp_path / ".running"
    program = f"from cil.locks import hold; hold({str(path)!r}); print('held', flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout.readline() == b"held\n"

    with pytest.raises(UserError, match=f"another run .* \\(process {holder.pid} on "):
        hold(path)

    holder.kill()
    holder.communicate()
    hold(path)


def test_a_turn_waits_for_the_process_that_has_it_and_says_so(tmp_path, monkeypatch):
    path = tmp_path / ".training"
    with turn(path) as waited:
        assert not waited
    program = (
        f"from cil.locks import turn\nwith turn({str(path)!r}): print('mine', flush=True); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout.readline() == b"mine\n"
    said = []
    monkeypatch.setattr(
        "cil.locks.logger.warning", lambda text, *of: (said.append(text % of), holder.kill())
    )

    with turn(path) as waited:
        assert waited
        assert holder.wait() == -signal.SIGKILL
    assert f"process {holder.pid} on" in said[0]
    holder.communicate()


def test_a_full_disk_is_said_in_words(tmp_path):
    message = r"a\.bin: cannot be written: No space left on device; make room"
    with pytest.raises(UserError, match=message), atomic_path(tmp_path / "a.bin") as temporary:
        temporary.write_bytes(b"half")
        with Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"the rest")
