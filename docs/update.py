"""Bring what the documents show up to date with a finished default experiment.

    uv run snakemake --cores all && uv run snakemake --report report.html
    uv run python docs/update.py

Copies figures to docs/, tables into docs/default-experiment.md between their marks, and photographs
the report (docs/report.png) with Debian's chromium. docs/rulegraph.py draws the rule graph,
docs/survey.py photographs the survey.
"""

import re
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "results" / "default"
FIGURES = ("depths", "curves")
DOCUMENT = ROOT / "docs" / "default-experiment.md"
TABLES = ("table1", "table2", "baselines")


def update_tables(text: str) -> str:
    """`text` with each table between `<!-- NAME -->` and `<!-- end -->` as it is now."""
    for name in TABLES:
        table = (RESULTS / "tables" / f"{name}.md").read_text(encoding="utf-8").split("\n\n")[0]
        pattern = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
        text, found = re.subn(pattern, lambda m, t=table: f"{m[1]}{t}\n{m[2]}", text, flags=re.S)
        if found != 1:
            raise SystemExit(f"{DOCUMENT}: expected the marks of {name} once, found {found}")
    return text


def photograph(page: Path, target: Path) -> None:
    """The first screen of the report, with the results of one category beside it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        window = browser.new_page(viewport={"width": 1280, "height": 1000})
        window.goto(page.as_uri())
        window.wait_for_selector("#rulegraph canvas")
        window.locator("nav li a", has_text="Accuracy").click()
        window.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    for figure in FIGURES:
        shutil.copyfile(RESULTS / "figures" / f"{figure}.png", ROOT / "docs" / f"{figure}.png")
    DOCUMENT.write_text(update_tables(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    photograph(ROOT / "report.html", ROOT / "docs" / "report.png")
