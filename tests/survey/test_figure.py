"""Figure 4 on a machine without a browser."""

from cil.report.style import save
from cil.report.survey import draw_survey
from cil.votes.consensus import consensus
from cil.votes.simulate import simulate_votes


def test_without_a_browser_the_figure_says_what_it_needs(
    experiment, hierarchy, familiar, tmp_path, monkeypatch
):
    votes = simulate_votes(hierarchy, familiar, {"familiarity": 1})
    monkeypatch.setenv("PATH", str(tmp_path))
    figure = draw_survey(experiment, consensus(votes, hierarchy, "majority"))
    save(figure, tmp_path / "survey.pdf", tmp_path / "survey.png")
    (said,) = [text.get_text() for text in figure.axes[0].texts]
    assert "it needs a browser" in said and "chromium" in said
    assert (tmp_path / "survey.pdf").read_bytes().startswith(b"%PDF")
