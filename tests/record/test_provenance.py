"""An experiment's record names every file, and `cil verify` finds what is no longer as recorded."""

import json
import subprocess
import tempfile
from pathlib import Path

import pytest

from cil.cli import main
from cil.errors import UserError
from cil.files import sha256_of
from cil.record.fingerprints import fingerprint_of_folder
from cil.record.provenance import code_state, write_provenance

CONFIG = {"experiment": "tiny", "dataset": {"kind": "image-folder", "path": "pictures"}}


@pytest.fixture
def results(tmp_path, monkeypatch) -> Path:
    """A small experiment with its record, in a project folder that is the working folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("pictures/n01/a.jpg", "pictures/n02/b.jpg"):
        _write(tmp_path / name, name)
    results = tmp_path / "results" / "tiny"
    for name in ("labels/cil.json", "tables/table1.csv", "logs/train.log", "models/.x.part"):
        _write(results / name, name)
    write_provenance(results, CONFIG, ["pictures"], tmp_path)
    return results


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def verify(capsys, *arguments) -> tuple[int, str]:
    status = main(["verify", *map(str, arguments)])
    said = capsys.readouterr()
    return status, said.out + said.err


def test_the_record_names_code_machine_inputs_and_artifacts_but_no_logs(results, tmp_path):
    record = json.loads((results / "provenance.json").read_text())

    assert record["configuration"] == CONFIG
    assert record["inputs"].keys() == {"pictures"}
    pictures = record["inputs"]["pictures"]
    assert (pictures["files"], pictures["bytes"], len(pictures["sha256"])) == (2, 36, 64)
    assert record["artifacts"].keys() == {"labels/cil.json", "tables/table1.csv"}
    entry = record["artifacts"]["labels/cil.json"]
    assert entry == {"bytes": 15, "sha256": sha256_of(results / "labels/cil.json")}
    assert record["packages"]["numpy"] and record["python"]
    assert record["hardware"]["cores"] >= 1 and record["hardware"]["memory_bytes"] > 2**20


def test_a_run_of_any_name_is_recorded_and_checkpoints_are_not(results, tmp_path):
    models = {f"models/{run}/seed0/model.safetensors" for run in ("logs", "checkpoint")}
    for name in (*models, "models/cil/seed0/checkpoint/abc.safetensors"):
        _write(results / name, name)
    write_provenance(results, CONFIG, [], tmp_path)

    recorded = json.loads((results / "provenance.json").read_text())["artifacts"].keys()
    assert {name for name in recorded if name.startswith("models/")} == models


def test_untouched_results_pass(results, capsys):
    assert verify(capsys, results) == (0, f"{results}: all 2 artifacts are as recorded\n")


def test_a_changed_and_a_missing_artifact_are_named(results, capsys):
    (results / "labels/cil.json").write_text("labels/cil.jsoN")
    (results / "tables/table1.csv").unlink()

    status, said = verify(capsys, results)

    assert status == 1
    assert "labels/cil.json: changed (SHA-256 " in said
    assert "tables/table1.csv: is gone; now snakemake makes it anew" in said


def test_a_changed_raw_input_is_named_and_one_that_is_not_here_is_no_fault(results, capsys):
    Path("pictures").rename("away")
    status, said = verify(capsys, results)
    assert status == 0
    assert "1 of 1 raw inputs are not here, and were not checked: pictures" in said

    Path("away").rename("pictures")
    Path("pictures/n01/a.jpg").write_text("pictures/n01/a.jpG")
    status, said = verify(capsys, results)
    assert status == 1
    assert "pictures: changed (2 files of 36 bytes, recorded 2 files of 36 bytes)" in said


def test_raw_inputs_are_looked_for_where_the_experiment_was_run(
    results, tmp_path, capsys, monkeypatch
):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    (tmp_path / "pictures/n01/a.jpg").write_text("another")

    status, said = verify(capsys, results)

    assert status == 1
    assert "pictures: changed" in said


def test_of_a_folder_only_what_was_used_is_read_and_links_in_circles_are_not_followed(
    results, tmp_path, capsys
):
    (tmp_path / "pictures/n01/circle").symlink_to("../n01")
    (tmp_path / "pictures/unused").symlink_to("nowhere")
    write_provenance(results, CONFIG, ["pictures"], tmp_path, {"pictures": ["n01"]})

    recorded = json.loads((results / "provenance.json").read_text())["inputs"]["pictures"]
    assert recorded["files"] == 1
    assert recorded["parts"] == ["n01"]
    (tmp_path / "pictures/unused").unlink()
    assert verify(capsys, results)[0] == 0
    (tmp_path / "pictures/n01").rename(tmp_path / "pictures/n03")
    assert "pictures: lacks n01; the results" in verify(capsys, results)[1]


def test_a_file_that_cannot_be_read_is_named(results, tmp_path):
    (tmp_path / "pictures/n01/b.jpg").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"n01/b\.jpg: cannot be read: No such file"):
        write_provenance(results, CONFIG, ["pictures"], tmp_path)


def test_a_fingerprint_of_a_folder_is_of_names_and_contents_and_of_nothing_else(tmp_path):
    def made(*files):
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        for name, text in files:
            _write(folder / name, text)
        return fingerprint_of_folder(folder)

    first = made(("a/x", "1"), ("b/y", "2" * 2_000_000))
    assert first == made(("b/y", "2" * 2_000_000), ("a/x", "1"), (".hidden", "3"))
    for other in (
        made(("a/x", "2"), ("b/y", "2" * 2_000_000)),
        made(("a/z", "1"), ("b/y", "2" * 2_000_000)),
        made(("a/x", "1"), ("b/y", "2" * 1_999_999 + "3")),
        made(("a/x", "1")),
    ):
        assert other["sha256"] != first["sha256"]


def test_a_file_made_later_is_mentioned_but_no_fault(results, capsys):
    _write(results / "labels/new.json", "{}")

    status, said = verify(capsys, results)

    assert status == 0
    assert "labels/new.json: not in the record" in said


def test_two_runs_are_compared_artifact_by_artifact(results, tmp_path, capsys):
    other = tmp_path / "elsewhere"
    _write(other / "labels/cil.json", "other")
    _write(other / "tables/table1.csv", "tables/table1.csv")
    _write(other / "figures/depths.pdf", "%PDF")
    write_provenance(other, CONFIG, [], tmp_path)

    status, said = verify(capsys, results, "--like", other)

    assert status == 1
    assert said.splitlines()[:2] == [
        "figures/depths.pdf: only in the other run",
        "labels/cil.json: differs from the other run",
    ]
    assert "table1" not in said


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "run the experiment to its end first"),
        ("{", "not a readable JSON file"),
        ("[]", "lacks `artifacts`"),
        ('{"artifacts": [], "inputs": {}}', "lacks `artifacts`, or they are not"),
        ('{"artifacts": {}, "inputs": null}', "lacks `inputs`, or they are not"),
        ('{"artifacts": {"a.csv": {"bytes": 1}}, "inputs": {}}', "lacks `artifacts`, or they"),
    ],
)
def test_without_a_readable_record_it_says_what_to_do(results, capsys, content, message):
    record = results / "provenance.json"
    record.unlink()
    if content is not None:
        record.write_text(content)

    status, said = verify(capsys, results)

    assert status == 1
    assert message in said and "provenance.json" in said and "Traceback" not in said


def test_the_commit_and_changed_files_are_those_of_git(tmp_path):
    def git(*arguments):
        name = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        subprocess.run(["git", "-C", tmp_path, *name, *arguments], check=True, capture_output=True)

    assert code_state(tmp_path)["commit"] is None
    git("init")
    _write(tmp_path / "uv.lock", "locked")
    git("add", ".")
    git("commit", "-m", "first")

    state = code_state(tmp_path)
    assert len(state["commit"]) == 40 and state["clean"] is True
    assert state["lock_sha256"] == sha256_of(tmp_path / "uv.lock")

    _write(tmp_path / "uv.lock", "changed")
    assert code_state(tmp_path)["changed_files"] == ["uv.lock"]
    assert code_state(tmp_path)["clean"] is False

    # A copy from a tarball in somebody's repository is not of that repository's commit.
    (tmp_path / "inner").mkdir()
    assert code_state(tmp_path / "inner")["commit"] is None
    assert code_state(tmp_path / "inner")["changed_files"] == []
