"""The page in which label sets are explored and edited, in a real browser, on all of ImageNet."""

import io
import json
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from cil.images.dropped import without
from cil.labels.audit import audit
from cil.labels.class_names import bundled
from cil.labels.edits import Edits
from cil.labels.edits_file import read_edits
from cil.labels.ground import Ground
from cil.labels.labelset import LabelSet
from cil.report.explorer import explorer_page

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

BIRD, DOG, PUG, CAT, LION = "n01503061", "n02084071", "n02110958", "n02121808", "n02129165"


@pytest.fixture(scope="module")
def labelsets():
    with Ground(list(bundled("classes"))) as ground:
        return {
            "people": ground.make("people", {"labels": 488}),
            "one </script> up": ground.make("original", {}),
        }


@pytest.fixture(scope="module")
def file(labelsets, tmp_path_factory):
    colours = [(n % 256, n // 256 * 60, 90) for n in range(1000)]
    pictures = []
    for colour in colours:
        Image.new("RGB", (8, 8), colour).save(content := io.BytesIO(), "PNG")
        pictures.append(content.getvalue())
    path = tmp_path_factory.mktemp("page") / "explorer.html"
    findings = {"people": audit(labelsets["people"])}
    note = "Synthetic pictures."
    path.write_text(explorer_page("Label sets & more", labelsets, findings, pictures, note))
    return path


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser, file):
    """The page by width; it asks for nothing else, and complains of nothing."""
    complaints, pages = [], []

    def at(width: int):
        page = browser.new_page(viewport={"width": width, "height": 844})
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith("http") and complaints.append(asked))
        page.goto(file.as_uri())
        pages.append(page)
        return page

    yield at
    for page in pages:
        page.close()
    assert complaints == []


def find(page, text):
    page.fill("#search", text)
    page.press("#search", "Enter")


def press(page, name):
    page.locator("#detail").get_by_role("button", name=name, exact=True).click()


def answer(page, text):
    page.fill("#answer", text)
    page.click("#ok")


def downloaded(page, button):
    with page.expect_download() as waiting:
        page.click(button)
    return waiting.value.path().read_text()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_label_is_found_with_its_classes_and_findings(opened, width):
    page = opened(width)
    assert page.inner_text("h1").split("\n") == ["Label sets & more", "Synthetic pictures."]
    find(page, "bird")
    detail = page.inner_text("#detail")
    assert "A label of 29 classes; 30 more below it have labels of their own." in detail
    assert page.locator("#detail tbody tr").count() == 29
    assert page.locator("[aria-selected=true] .badge").first.inner_text() == "label 29"
    assert page.locator("#detail .picture").count() == 29
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width


def test_two_label_sets_stand_side_by_side(opened, labelsets):
    page = opened(1280)
    page.select_option("#beside", label="one </script> up")
    merged = [size for size in labelsets["people"].sizes if size > 1]
    assert f"Other company than in one </script> up: {sum(merged)} classes" in page.inner_text(
        "#detail"
    )


def test_it_is_gone_through_by_keyboard(opened):
    page = opened(1280)
    page.locator("[role=treeitem][tabindex='0']").focus()
    page.keyboard.press("End")
    page.keyboard.press("Home")
    for key in ("ArrowLeft", "ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    assert page.inner_text("#detail h2") == "physical entity"
    assert page.evaluate("document.activeElement.getAttribute('role')") == "treeitem"


def test_edits_by_click_are_those_that_the_tools_make(opened, labelsets, tmp_path, nouns):
    page = opened(1280)
    find(page, "bird")
    press(page, "Split")
    find(page, "dog")
    press(page, "Keep classes apart")
    find(page, CAT)
    press(page, "Merge into…")
    answer(page, "pet")
    find(page, "hamster")
    press(page, "Merge into…")
    answer(page, "pet")
    find(page, "fox")
    press(page, "Rename…")
    answer(page, "wolf")  # is there already
    assert "there is a label wolf already" in page.inner_text("#wrong")
    answer(page, "sly dog: it's #1")
    find(page, "maze")
    press(page, "To other")
    find(page, "other")
    assert "A label of 1 classes, by its name alone." in page.inner_text("#detail")
    find(page, LION)
    press(page, "Drop")
    find(page, "tank")
    press(page, "Drop")
    page.click("#edits")
    page.click("#undo")

    (tmp_path / "edits.yaml").write_text(downloaded(page, "#save-yaml"))
    finished = json.loads(downloaded(page, "#save-json"))

    edits = read_edits(tmp_path / "edits.yaml")
    base = labelsets["people"]
    left = without(base.classes, edits.pop("drop"), nouns)
    assert set(base.classes) - set(left) == {LION}
    kept = LabelSet(base.hierarchy.restricted(left), {w: base.label_of(w) for w in left})
    edited, effects = Edits(**edits).apply(kept)
    shown = dict(zip(left, (edited.display[n] for n in edited.label_index), strict=True))
    assert len(effects) > 5
    assert groups(shown) == groups(finished)
    assert set(finished.values()) == set(shown.values())
    assert finished[PUG] == "pug" and "sly dog: it's #1" in finished.values()


def groups(labels):
    found = {}
    for wnid, label in labels.items():
        found.setdefault(label, set()).add(wnid)
    return sorted(map(sorted, found.values()))


def test_everybody_can_use_it(opened):
    page = opened(1280)
    find(page, "dog")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
