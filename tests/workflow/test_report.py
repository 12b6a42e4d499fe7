"""The report of the default experiment opens anywhere, offline, and shows every result."""

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

LARGEST = 15_000_000  # bytes
CHROMIUM = shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]
RECORDS = {"readme", "provenance", "record", "all"}  # they wait for every artifact


@dataclass(frozen=True)
class Opened:
    """The report in a browser: what it asked for, what it stumbled over."""

    page: Any
    asked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def report(finished, tmp_path_factory) -> Path:
    """The report, away from the results that it was made of."""
    page = tmp_path_factory.mktemp("report") / "report.html"
    finished.run("--report", str(page))
    return page


@pytest.fixture(scope="module")
def opened(report):
    """The report in a browser without a network."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        window = chromium.new_context(viewport={"width": 1280, "height": 860}, offline=True)
        opened = Opened(window.new_page())
        opened.page.on("request", lambda request: opened.asked.append(request.url))
        opened.page.on("pageerror", lambda error: opened.errors.append(str(error)))
        opened.page.goto(report.as_uri())
        opened.page.wait_for_selector("#rulegraph canvas, #rulegraph svg")
        yield opened
        chromium.close()


def test_the_overview_shows_the_rule_graph_and_says_what_is_not_real(opened):
    overview = opened.page.inner_text("#app")

    assert "Clustered ImageNet Labels" in overview
    assert "The pictures are synthetic" in overview
    assert "The voters are simulated" in overview
    assert "*" not in overview
    assert opened.page.locator(".prose svg .node").count() > 20


def test_every_table_and_figure_is_in_it_with_category_labels_and_caption(opened, finished):
    shown = opened.page.evaluate("results")

    results = finished.path("results/default")
    figures = {f"figures/{path.name}" for path in (results / "figures").glob("*.png")}
    tables = {f"tables/{path.stem}.html" for path in (results / "tables").glob("*.csv")}
    pages = {
        *("report/audit.html", "report/explorer.html"),
        *("report/model_card.html", "provenance.html"),
    }
    assert set(shown) == {f"results/default/{name}" for name in figures | tables | pages}
    for path, result in shown.items():
        assert set(result["labels"]) == {"kind", "result"}, path
        sentences = re.findall(r"[.:]\s", re.sub(r"<[^>]+>", "", result["caption"]) + " ")
        assert 1 <= len(sentences) <= 6, (path, result["caption"])


def test_every_result_opens_by_a_click_and_every_table_sorts(opened):
    page, seen = opened.page, set()
    categories = page.evaluate("Object.keys(categories)")
    assert set(categories) == {
        "Accuracy",
        "Classifier",
        "Label sets",
        "Record",
        "Search counts",
        "Survey",
    }
    for category in categories:
        page.evaluate("app.setView({navbarMode: 'menu'})")
        page.locator("nav li a", has_text=category).click()
        rows = page.locator("nav tbody tr")
        rows.first.wait_for()
        for number in range(rows.count()):
            rows.nth(number).locator("a").first.click()
            path = page.evaluate("app.state.resultPath")
            seen.add(path)
            if path.endswith(".png"):
                shows = "[...document.querySelectorAll('.p-3 > img')].some(img => img.naturalWidth)"
                page.wait_for_function(shows)
            elif "/tables/" in path:
                assert_sorts(page.frame_locator("iframe"))
    assert seen == set(page.evaluate("results"))


def assert_sorts(frame) -> None:
    """A second click on a heading turns the order of its column round."""
    heading = frame.locator("th").first
    first_cells = frame.locator("tbody td:first-child")
    heading.click()
    up = first_cells.all_inner_texts()
    heading.click()
    down = first_cells.all_inner_texts()
    assert heading.get_attribute("aria-sort") == "descending"
    assert sorted(up) == sorted(down)
    assert up[0] == down[-1] or len(set(up)) < len(up)


def test_it_asks_nobody_for_anything_and_nothing_fails(opened, report):
    """Runs last: by now everything has been opened."""
    assert opened.errors == []
    foreign = [url for url in opened.asked if not url.startswith(("data:", "blob:"))]
    assert foreign == [report.as_uri()]


def test_it_is_small_enough_to_send(report):
    assert report.stat().st_size < LARGEST


@pytest.mark.parametrize(
    ("name", "drawn_by"), [("curves.png", "figure_curves"), ("mapping.pdf", "mapping_figure")]
)
def test_a_deleted_figure_is_drawn_again_and_nothing_else(finished, name, drawn_by):
    path = finished.path(f"results/default/figures/{name}")
    kept = path.with_name(f".{path.name}.kept")
    path.rename(kept)
    try:
        plan = finished.planned()
    finally:
        kept.rename(path)

    assert set(plan) - RECORDS == {drawn_by}


def test_the_rule_graph_in_the_documents_is_that_of_the_default_experiment(finished):
    drawn = finished.path("docs/rulegraph.svg").read_text(encoding="utf-8")
    links = set(re.findall(r"<title>(\w+)&#45;&gt;(\w+)</title>", drawn))

    said = finished.run("--rulegraph", "dot", "--forceall", "--quiet", "all")
    name = dict(re.findall(r'(\d+)\[label = "(\w+)"', said))
    known = {(name[a], name[b]) for a, b in re.findall(r"(\d+) -> (\d+)", said)}
    assert links <= known
    assert {rule for link in links for rule in link} == set(name.values()) - RECORDS
