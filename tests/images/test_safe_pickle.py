"""Pickles of arrays are read; one that asks for more is refused, and nothing of it runs."""

import os
import pickle

import numpy as np
import pytest
from raw import batch

from cil.errors import UserError
from cil.images.safe_pickle import load_arrays


@pytest.mark.parametrize("protocol", range(6))
def test_pickles_of_every_protocol_are_read(tmp_path, protocol):
    content = batch(0, 8)
    (tmp_path / "batch").write_bytes(pickle.dumps(content, protocol))

    loaded = load_arrays(tmp_path / "batch")

    np.testing.assert_array_equal(loaded["data"], content["data"])
    assert loaded["labels"] == content["labels"]
    np.testing.assert_array_equal(loaded["mean"], content["mean"])


def test_labels_may_be_numpy_numbers(tmp_path):
    (tmp_path / "batch").write_bytes(pickle.dumps([np.int64(7), np.int32(-1), np.uint8(255)]))

    assert load_arrays(tmp_path / "batch") == [7, -1, 255]


class Call:
    """What a malicious pickle is made of: unpickled the usual way, it calls a function."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "function, name",
    [
        (os.system, r"(posix|nt)\.system"),
        (eval, r"(builtins|__builtin__)\.eval"),
        (open, r"_?io\.open"),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("where", ["alone", "in the labels", "as the data"])
def test_a_pickle_that_calls_anything_is_refused_and_nothing_runs(
    tmp_path, function, name, protocol, where
):
    witness = tmp_path / "witness"
    argument = {os.system: f"touch '{witness}'", eval: f"open({str(witness)!r}, 'w')"}
    call = Call(function, argument.get(function, str(witness)), *["w"] * (function is open))
    content = {
        "alone": call,
        "in the labels": batch(0, 8) | {"labels": [1, call]},
        "as the data": batch(0, 8) | {"data": call},
    }[where]
    (tmp_path / "batch").write_bytes(pickle.dumps(content, protocol))

    with pytest.raises(UserError, match=rf"batch: refused: it asks for {name}"):
        load_arrays(tmp_path / "batch")
    assert not witness.exists()
