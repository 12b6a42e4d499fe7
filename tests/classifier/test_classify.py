"""`cil classify` answers for pictures of any kind, with three packages and no network."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from PIL import Image

from cil.classifier.classifier import Classifier, Preprocessing, open_picture
from cil.classifier.export import network_to_onnx
from cil.classifier.head import Head, label_entries, write_classifier
from cil.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
LABELS = ["red", "green", "blue"]


class Colour(torch.nn.Module):
    """The mean of each channel, times ten, is the logit of red, green and blue."""

    def forward(self, pictures):
        return 10 * pictures.mean((2, 3))


def write(path, error=0.0):
    """The classifier of Colour; its answers on noise are checked against wrong ones by `error`."""
    entries = label_entries(["n1", "n2", "n3"], LABELS, [None, None, None])
    preprocessing = Preprocessing(8, 8, "box", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    onnx_model = Head(None).add_to(network_to_onnx(Colour(), 8))
    noise = np.random.default_rng(0).random((4, 3, 8, 8), np.float32)
    right = Colour()(torch.from_numpy(noise)).softmax(1).numpy()
    about = {"synthetic": False}
    return write_classifier(onnx_model, entries, preprocessing, about, path, noise, right + error)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "classifier.onnx"
    assert write(path) < 1e-6
    return path


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder with pictures of three kinds and sizes, and files that are none."""
    folder = tmp_path_factory.mktemp("pictures")
    Image.new("RGB", (300, 200), "red").save(folder / "a red.png")
    Image.new("RGB", (20, 200), (0, 255, 0)).save(folder / "b-green.JPEG")
    (folder / "deep").mkdir()
    Image.new("RGB", (5, 5), "blue").save(folder / "deep" / "blue.webp")
    Image.new("P", (9, 9)).save(folder / "palette.gif")
    (folder / "broken.jpg").write_bytes((folder / "b-green.JPEG").read_bytes()[:-100])
    (folder / "notes.txt").write_text("no picture")
    (folder / "text.png").write_text("no picture either")
    return folder


# Refuses all packages but the three, as on a machine that has no others.
BLOCKER = """
import sys

ALLOWED = {"cil", "numpy", "PIL", "onnxruntime", "flatbuffers", "google", "packaging"}

class Refuse:
    def find_spec(self, name, path=None, target=None):
        package = name.partition(".")[0]
        if package not in ALLOWED and package not in sys.stdlib_module_names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Refuse())
from cil.cli import main
sys.exit(main())
"""


def classify(*arguments, stdin=b"", stdout=subprocess.PIPE, command="classify"):
    return subprocess.run(
        [sys.executable, "-c", BLOCKER, command, *map(str, arguments)],
        input=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
    )


def test_a_folder_with_broken_files_is_answered_as_far_as_it_can_be(model, pictures):
    result = classify(pictures, "--model", model, "--top", 2)
    out, err = result.stdout.decode(), result.stderr.decode()
    assert [line for line in out.splitlines() if not line.startswith(" ")] == [
        str(pictures / name)
        for name in ("a red.png", "b-green.JPEG", "deep/blue.webp", "palette.gif")
    ]
    first = out.splitlines()[1]
    assert "red" in first and "100.0 %" in first
    assert "notes.txt" not in out + err  # a folder is searched for pictures only
    assert len(err.splitlines()) == 2
    assert "broken.jpg: a damaged picture" in err
    assert "text.png: not a picture" in err
    assert result.returncode == 1


def test_json_has_a_line_per_picture(model, pictures):
    result = classify(pictures / "a red.png", pictures / "text.png", "--model", model, "--json")
    good, bad = map(json.loads, result.stdout.decode().splitlines())
    assert good["picture"].endswith("a red.png")
    assert [each["label"] for each in good["predictions"]] == ["red", "green", "blue"]
    assert sum(each["probability"] for each in good["predictions"]) == pytest.approx(1, abs=1e-5)
    assert "not a picture" in bad["error"]


def test_a_picture_comes_by_standard_input(model, pictures):
    content = (pictures / "b-green.JPEG").read_bytes()
    result = classify("-", "--model", model, "--top", 1, stdin=content)
    assert result.returncode == 0
    assert "green" in result.stdout.decode()


def test_a_reader_who_has_seen_enough_is_no_error(model, pictures):
    reader, writer = os.pipe()
    os.close(reader)
    result = classify(pictures / "a red.png", "--model", model, stdout=writer)
    os.close(writer)
    assert result.stderr == b""
    assert result.returncode == 128 + signal.SIGPIPE


def test_greys_of_16_bits_are_not_cut_off(tmp_path):
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)
    Image.fromarray(ramp[None].repeat(4, 0)).save(tmp_path / "ramp.png")
    picture = open_picture((tmp_path / "ramp.png").read_bytes(), "ramp.png", 4)
    assert picture.mode == "RGB"
    assert np.asarray(picture)[0, :, 0].tolist() == list(range(256))


@pytest.mark.parametrize("largest", [1, 255])
def test_pictures_of_numbers_are_not_black(tmp_path, largest):
    ramp = np.linspace(0, largest, 256, dtype=np.float32)
    Image.fromarray(ramp[None].repeat(4, 0)).save(tmp_path / "ramp.tif")
    picture = open_picture((tmp_path / "ramp.tif").read_bytes(), "ramp.tif", 4)
    assert np.asarray(picture)[0, :, 0].tolist() == list(range(256))


def test_pictures_of_other_numbers_are_refused(tmp_path):
    Image.fromarray(np.full((4, 4), -3, np.float32)).save(tmp_path / "below.tif")
    with pytest.raises(UserError, match="numbers of other than 0 to 1 or 0 to 255"):
        open_picture((tmp_path / "below.tif").read_bytes(), "below.tif", 4)


def test_a_format_that_cannot_be_read_here_is_named_and_not_passed_over(model, tmp_path):
    (tmp_path / "photo.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(64))
    result = classify(tmp_path, "--model", model)
    assert result.returncode == 1
    assert "photo.HEIC: unsupported format HEIC; install pillow-heif" in result.stderr.decode()


def test_what_systems_leave_behind_is_no_picture(model, tmp_path):
    for name in ("__MACOSX/x.jpg", ".ipynb_checkpoints/y.png", "._z.jpg", "folder.jpg/cat.jfif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (20, 20), "red").save(tmp_path / name, format="JPEG")
    lines = classify(tmp_path, "--model", model, "--json").stdout.decode().splitlines()
    assert [json.loads(line)["picture"] for line in lines] == [f"{tmp_path}/folder.jpg/cat.jfif"]


def test_below_the_threshold_nothing_is_named(model, pictures):
    red = pictures / "a red.png"
    assert "none of these" not in classify(red, "--model", model).stdout.decode()
    said = classify(red, "--model", model, "--threshold", 1).stdout.decode()
    assert "none of these: no label reaches 100 %" in said
    [line] = classify(red, "--model", model, "--threshold", 1, "--json").stdout.splitlines()
    assert json.loads(line)["answer"] is None


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--threshold", "1.5"), "--threshold: found 1.5; give a value from 0 to 1"),
        (("--precision", "0.95"), "was not checked on pictures; `cil collapse --check"),
        (("--detail",), "knows no classes below them"),
    ],
)
def test_what_a_classifier_cannot_tell_is_refused(model, pictures, options, reason):
    result = classify(pictures, "--model", model, *options)
    assert result.returncode == 1
    assert reason in result.stderr.decode()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere.jpg", "No such file"),
        ("https://example.org/cat.jpg", "addresses are not fetched"),
        ("huge.png", "more than 100 million pixels"),
        ("empty.png", "it is empty"),
        ("folder", "no pictures in this folder"),
    ],
)
def test_one_line_says_what_is_wrong(model, tmp_path, name, reason):
    # A header alone: the size must be refused before any pixel is decoded.
    Image.new("1", (20_001, 20_000)).save(tmp_path / "huge.png")
    (tmp_path / "empty.png").touch()
    (tmp_path / "folder").mkdir()
    place = name if "://" in name else tmp_path / name
    result = classify(place, "--model", model)
    assert result.returncode == 1
    assert result.stdout == b""
    (line,) = result.stderr.decode().splitlines()
    assert name in line and reason in line


@pytest.mark.parametrize("command", ["collapse", "survey", "verify"])
def test_a_command_that_needs_more_than_is_installed_says_what(command):
    result = classify("--help", command=command)
    assert result.returncode == 1
    (line,) = result.stderr.decode().splitlines()
    assert line.startswith(f"cil {command}: needs ")
    assert "pip install" in line


def test_a_file_that_is_no_classifier_is_refused(model, pictures, tmp_path):
    (tmp_path / "x.onnx").write_bytes(b"nonsense")
    for path, reason in ((tmp_path / "x.onnx", "not a readable"), ("none.onnx", "no such file")):
        result = classify(pictures / "a red.png", "--model", path)
        assert result.returncode == 1
        assert reason in result.stderr.decode()
        assert "Traceback" not in result.stderr.decode()


def test_a_file_whose_answers_differ_from_torch_is_refused_and_the_old_one_stays(tmp_path):
    path = tmp_path / "classifier.onnx"
    path.write_bytes(b"an older classifier")
    with pytest.raises(UserError, match=r"classifier\.onnx: not written, .* differ from the"):
        write(path, error=1e-3)
    assert path.read_bytes() == b"an older classifier"
    assert list(tmp_path.iterdir()) == [path]


GOOD = {"side": 8, "resize": 9, "interpolation": "box", "mean": (0, 0, 0), "std": (1, 1, 1)}
SPOILT = [
    {"side": 0},
    {"side": 8.5},
    {"resize": -5},
    {"interpolation": "foo"},
    {"crop": "border"},
    {"mean": (0, 0)},
    {"mean": (0, 0, float("nan"))},
    {"std": (1, 0, 1)},
    {"std": (1, 1, float("inf"))},
]


@pytest.mark.parametrize("spoilt", SPOILT, ids=str)
def test_preprocessing_that_cannot_be_done_is_refused(model, tmp_path, spoilt):
    ((name, _),) = spoilt.items()
    with pytest.raises(UserError, match=f"preprocessing: {name} is .*; expected "):
        Preprocessing(**GOOD | spoilt)

    changed = onnx.load(model)
    onnx.helper.set_model_props(
        changed,
        {each.key: each.value for each in changed.metadata_props}
        | {"cil.preprocessing": json.dumps(GOOD | spoilt)},
    )
    onnx.save(changed, tmp_path / "x.onnx")
    with pytest.raises(UserError, match=rf"x\.onnx: lacks or garbles .*{name} is"):
        Classifier(tmp_path / "x.onnx")


@pytest.mark.parametrize("size", [(40, 90), (70, 30), (6, 5)], ids=str)
def test_a_squashed_picture_is_seen_whole(size):
    """Left half black, right half white, whatever the picture's shape."""
    picture = Image.new("RGB", size)
    picture.paste("white", (size[0] // 2, 0, *size))
    squash = Preprocessing(**GOOD | {"resize": 8, "interpolation": "nearest", "crop": "squash"})
    np.testing.assert_array_equal(squash(picture), np.repeat([0, 1], 4) * np.ones((3, 8, 8)))


def test_the_file_tells_no_tales_of_the_machine_that_made_it(model):
    assert str(ROOT).encode() not in model.read_bytes()
    assert Classifier(model).labels[1] == {"label": "green", "wnid": None, "classes": ["n2"]}
