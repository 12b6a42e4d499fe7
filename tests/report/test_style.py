"""Every figure has one look, and the same bytes every time."""

import matplotlib
from PIL import Image

from cil.report import style


@style.in_style()
def draw():
    figure, axes = style.new_figure(style.COLUMN, 2.0)
    axes.plot([1, 2, 3], [3, 1, 2])
    axes.set_xlabel("epoch")
    style.footnote(figure, "generated pictures")
    return figure


def test_a_figure_is_as_wide_as_a_column_and_the_same_every_time(tmp_path):
    for run in ("first", "second"):
        style.save(draw(), tmp_path / f"{run}.pdf", tmp_path / f"{run}.png")
    for kind in ("pdf", "png"):
        first, second = tmp_path / f"first.{kind}", tmp_path / f"second.{kind}"
        assert first.read_bytes() == second.read_bytes()
    with Image.open(tmp_path / "first.png") as image:
        assert image.size == (round(style.COLUMN * 300), 600)


def test_the_style_does_not_leak():
    before = dict(matplotlib.rcParams)
    draw()
    assert dict(matplotlib.rcParams) == before


def test_a_figure_without_input_says_so(tmp_path):
    figure = style.message_figure("No votes: simulated voters only")
    assert "No votes" in figure.axes[0].texts[0].get_text()
    style.save(figure, tmp_path / "a.pdf", tmp_path / "a.png")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
