"""Photograph the running survey for README.md: docs/survey-{desktop,phone,list}.png.

uv run snakemake --cores all && uv run python docs/survey.py
"""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from cil.survey import links
from cil.survey.choice import family, votes_for
from cil.survey.experiment import Survey
from cil.survey.screenshot import serving

ROOT = Path(__file__).resolve().parents[1]
CHIHUAHUA, DOG = "n02085620", "n02084071"
DESKTOP = {"viewport": {"width": 1280, "height": 960}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}


def home(survey: Survey, address: str, wnid: str, choice: str, also: list[str]) -> str:
    """The address of somebody new, who answered one page."""
    voter = survey.store.invite("").id
    survey.board.cast(votes_for(survey.hierarchy, voter, wnid, choice, "", also))
    return f"{address}/v/{links.token_of(survey.store.secret, voter)}"


def choose_on_list(page: Page) -> None:
    """Two names by keyboard, and the pointer on one that would stand for others."""
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.locator(".names label:has(a)").nth(3).hover()
    page.wait_for_selector("#below img")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        survey = Survey.open(ROOT / "results" / "default", f"{folder}/votes.sqlite", create=True)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        first, *others = {family(survey.hierarchy, w): w for w in survey.hierarchy.classes}.values()
        with serving(survey) as address:
            one = f"{home(survey, address, CHIHUAHUA, DOG, [])}/class/{CHIHUAHUA}"
            several = f"{home(survey, address, first, first, others)}/list"
            for name, page_of, window, act in (
                ("desktop", one, DESKTOP, lambda page: page.wait_for_selector("#others img")),
                ("phone", one, PHONE, lambda page: page.wait_for_selector("#peek")),
                ("list", several, DESKTOP, choose_on_list),
            ):
                page = browser.new_context(**window).new_page()
                page.goto(page_of)
                act(page)
                page.wait_for_load_state("networkidle")
                page.screenshot(path=ROOT / "docs" / f"survey-{name}.png")
        browser.close()
