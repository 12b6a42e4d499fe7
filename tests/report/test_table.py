"""One table, four forms; means, deviations and intervals of known numbers."""

import csv
import io

import numpy as np
import pytest

from cil.report.scores import guessing, paired_bootstrap
from cil.report.table import Column, Interval, Measure, Table

TABLE = Table(
    [
        Column("run", "Run"),
        Column("top1", "Top-1 (%)", "high"),
        Column("ece", "Error (%)", "low"),
        Column("gain", "Δ [95%]"),
    ],
    [
        {"run": "a_b", "top1": Measure(10.04, 0.5), "ece": Measure(3.0), "gain": None},
        {
            "run": "c & d",
            "top1": Measure(9.96, 0.2),
            "ece": Measure(4.0, 1.0),
            "gain": Interval(-0.5, -1.0, 0.04),
        },
        {"run": "chance", "top1": Measure(0.1), "ece": None, "gain": None},
    ],
    "Synthetic pictures: 100% of them.",
    "example",
)


def test_markdown_has_the_best_in_bold_and_ties_as_printed():
    first, second = TABLE.to_markdown().splitlines()[2:4]
    assert first == "| a_b | **10.0 ± 0.5** | **3.0** | – |"
    assert second == "| c & d | **10.0 ± 0.2** | 4.0 ± 1.0 | −0.5 [−1.0, +0.0] |"
    assert TABLE.to_markdown().endswith("Synthetic pictures: 100% of them.\n")


class Counted(dict):
    """A row that counts how often its cells are read."""

    reads = 0

    def get(self, *arguments):
        Counted.reads += 1
        return super().get(*arguments)


def test_every_cell_is_read_a_few_times_however_many_rows_there_are():
    rows = [Counted(path=f"{n}.png", bytes=n, top1=Measure(n, 1)) for n in range(500)]
    columns = [Column("path", "File"), Column("bytes", "B"), Column("top1", "T", best="high")]
    table = Table(columns, rows, "Files.")

    for written in (table.to_csv, table.to_markdown, table.to_latex, table.to_html):
        Counted.reads = 0
        written()
        assert Counted.reads <= 5 * len(rows) * len(columns)


def test_csv_has_bare_numbers():
    rows = list(csv.DictReader(io.StringIO(TABLE.to_csv())))
    assert rows[0] == {
        "run": "a_b",
        "top1": "10.04",
        "top1_std": "0.5",
        "ece": "3.0",
        "ece_std": "",
        "gain": "",
        "gain_low": "",
        "gain_high": "",
    }
    assert float(rows[1]["gain_low"]) == -1.0


def test_latex_is_escaped():
    text = TABLE.to_latex()
    assert r"a\_b & \textbf{10.0 $\pm$ 0.5} & \textbf{3.0} & -- \\" in text
    assert r"c \& d" in text
    assert r"\caption{Synthetic pictures: 100\% of them.}" in text


def test_html_sorts_by_numbers_not_texts():
    assert '<td data-sort="10.04" class="best number">10.0 ± 0.5</td>' in TABLE.to_html()
    assert "c &amp; d" in TABLE.to_html()


def test_a_measure_is_the_mean_and_the_deviation_of_a_sample():
    measure = Measure.of([0.1, 0.2, 0.3], 100)
    assert (measure.mean, measure.std) == pytest.approx((20, 10))
    assert Measure.of([0.5], 100) == Measure(50)
    assert Measure.of([]) is None


def test_the_bootstrap_agrees_with_the_formula_and_with_plain_resampling():
    rng = np.random.default_rng(1)
    theirs = rng.random(2000) < 0.5
    ours = np.where(rng.random(2000) < 0.1, rng.random(2000) < 0.9, theirs)
    interval = paired_bootstrap(ours.astype(float), theirs.astype(float))
    differences = ours.astype(float) - theirs
    width = 1.96 * 100 * differences.std() / np.sqrt(2000)
    assert interval.estimate == pytest.approx(100 * differences.mean())
    assert interval.low == pytest.approx(interval.estimate - width, abs=0.15)
    assert interval.high == pytest.approx(interval.estimate + width, abs=0.15)
    plain = [100 * differences[rng.integers(0, 2000, 2000)].mean() for _ in range(4000)]
    assert np.quantile(plain, (0.025, 0.975)) == pytest.approx(
        (interval.low, interval.high), abs=0.15
    )


def test_what_rounds_to_zero_has_no_sign():
    rows = [{"value": Measure(-0.001)}, {"value": Measure(-0.001, 0.2)}, {"value": -0.001}]
    text = Table([Column("value", "Value", digits=2)], rows, "").to_markdown()
    assert "0.00 ± 0.20" in text and "−" not in text


def test_equal_answers_differ_by_nothing():
    answers = np.array([0.0, 0.5, 1.0])
    assert paired_bootstrap(answers, answers) == Interval(0, 0, 0)


def test_chance_is_better_where_one_label_is_large():
    labels = {"a": "dog", "b": "dog", "c": "dog", "d": "cat", "e": "cow"}
    pictures = np.arange(5).repeat(2)
    assert guessing(labels, list("abcde"), pictures, 1) == pytest.approx((1 / 3, 0.6))
    assert guessing(labels, list("abcde"), pictures, 5) == pytest.approx((1, 1))
