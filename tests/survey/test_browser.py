"""A real browser votes: by mouse, by keyboard, on a phone, and with scripts switched off."""

import shutil

import pytest
from people import CAT, CROQUET, DOG, NORWICH, TABBY, TERRIER

from cil.survey.choice import family

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser():
    """Debian's chromium without a window."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """A desktop's page; whatever the browser complains about fails the test."""
    opened = browser.new_page(viewport={"width": 1280, "height": 860})
    complaints = []
    opened.on("console", lambda said: complaints.append(said.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda request: complaints.append(request.url) if foreign(request) else 0)
    yield opened
    opened.close()
    assert complaints == []


def foreign(request) -> bool:
    return not request.url.startswith("http://127.0.0.1:")


def labels(voter) -> dict[str, str]:
    """The stored labels in force, by class."""
    return dict(voter.log())


def saved(page, voter, key: str) -> None:
    """Press a key that leaves the page, and wait for the next one."""
    with page.expect_navigation():
        page.keyboard.press(key)


def test_by_mouse(page, voter):
    page.goto(f"{voter.home}/")
    page.get_by_role("link", name="Begin").click()
    page.goto(f"{voter.home}/class/{NORWICH}")
    page.locator("li", has=page.locator(f'input[value="{TERRIER}"]')).hover()
    page.wait_for_selector("#others.preview >> text=terrier")
    assert page.locator("#others li").count() == 25, "what terrier would swallow, before choosing"
    page.locator(f'input[value="{DOG}"]').click()
    page.wait_for_selector("#others:not(.preview) >> text=117 others")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(lambda url: NORWICH not in url)
    assert labels(voter) == {NORWICH: "dog"}
    assert page.locator("#left").inner_text() == "999 classes left"


def test_by_keyboard(page, voter):
    page.goto(f"{voter.home}/class/{NORWICH}")
    page.keyboard.press("1")
    assert page.locator("input:checked").get_attribute("value") == NORWICH
    page.keyboard.press("ArrowUp")
    assert page.locator("input:checked").get_attribute("value") == TERRIER
    saved(page, voter, "Enter")
    saved(page, voter, "u")
    saved(page, voter, "s")
    assert list(labels(voter).values()) == ["terrier", ""]
    saved(page, voter, "z")
    assert page.get_by_text("You were not sure").is_visible()
    saved(page, voter, "z")
    assert page.url.endswith(NORWICH) and page.locator(".tag.now").is_visible()
    page.keyboard.press("2")
    page.wait_for_url(lambda url: NORWICH not in url)
    assert len(voter.log()) == 3, "the digit of what is chosen already saves it"
    page.goto(f"{voter.home}/class/{NORWICH}")
    saved(page, voter, "n")
    page.keyboard.press("d")
    assert page.locator("#definition p").is_visible()


def test_help_opens_and_closes_by_keyboard(page, voter):
    page.goto(f"{voter.home}/class/{NORWICH}")
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("u")
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible() and voter.log() == []


def test_an_own_label_by_keyboard(page, voter):
    page.goto(f"{voter.home}/class/{CROQUET}")
    page.keyboard.press("o")
    page.keyboard.type("wooden ball 5")
    saved(page, voter, "Enter")
    assert labels(voter) == {CROQUET: "wooden ball 5"}


def test_one_answer_for_many_with_one_unticked(page, voter):
    page.goto(f"{voter.home}/class/{NORWICH}")
    page.locator(f'input[value="{DOG}"]').check()
    page.wait_for_selector("#others:not(.preview) [data-all]")
    page.keyboard.press("a")
    boxes = page.locator('#others input[name="also"]')
    assert boxes.count() == 117 and page.locator('input[name="also"]:checked').count() == 117
    boxes.nth(3).uncheck()
    saved(page, voter, "Enter")
    assert len(labels(voter)) == 117 and set(labels(voter).values()) == {"dog"}
    assert page.locator("#left").inner_text() == "883 classes left"


def test_a_change_of_mind_takes_its_companions_along(page, voter, hierarchy):
    cats = [wnid for wnid in hierarchy.classes_below(CAT) if wnid != TABBY]
    voter.vote(TABBY, CAT, also=cats)
    page.goto(f"{voter.home}/class/{TABBY}")
    page.wait_for_selector("#others [data-all]:not([disabled])")
    assert page.locator("#others .given").count() == len(cats)


def families_begun(voter, hierarchy) -> None:
    """Answer for one class of every family, so that lists come next."""
    first, *others = {family(hierarchy, wnid): wnid for wnid in hierarchy.classes}.values()
    voter.vote(first, first, also=others)


def test_a_list_by_keyboard(page, voter, hierarchy):
    families_begun(voter, hierarchy)
    before = len(voter.log())
    page.goto(f"{voter.home}/next")
    cards = page.locator(".cards > li")
    wnids = [card.locator('[name="shown"]').get_attribute("value") for card in cards.all()]
    assert len(wnids) == 16
    for key in ("1", "2", "ArrowDown", "3"):
        page.keyboard.press(key)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("0")
    saved(page, voter, "Enter")
    names = [[c.name for c in reversed(hierarchy.candidates(wnid))] for wnid in wnids]
    cast = voter.log()[before:]
    assert cast == [(wnids[0], names[0][0]), (wnids[1], names[1][1])]
    page.keyboard.press("a")
    assert page.locator("[data-own-name]:checked").count() == 16
    saved(page, voter, "Enter")
    assert len(voter.log()) == before + 2 + 16
    saved(page, voter, "z")
    assert page.get_by_role("heading", name="What you called these").is_visible()
    assert page.locator(".cards input:checked").count() == 16
    saved(page, voter, "z")
    assert page.locator(".cards input:checked").count() == 2
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_list_by_touch_on_a_phone(browser, voter, hierarchy, scripts):
    families_begun(voter, hierarchy)
    before = len(voter.log())
    options = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    context = browser.new_context(**options, java_script_enabled=scripts)
    page = context.new_page()
    page.goto(f"{voter.home}/next")
    second = page.locator(".cards > li").nth(1)
    second.locator("label").first.tap()
    with page.expect_navigation():
        page.get_by_role("button", name="Save").tap()
    assert len(voter.log()) == before + 1
    if scripts:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_on_a_phone_nothing_is_wider_than_the_screen(browser, voter):
    voter.vote(NORWICH, TERRIER)  # so that there is a way on to the next unanswered
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True
    )
    page = context.new_page()
    page.goto(f"{voter.home}/class/{NORWICH}")
    page.locator(f'label[for="c-{DOG}"]').tap(position={"x": 60, "y": 10}, force=True)
    page.wait_for_selector("#others [data-all]")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for button in page.locator(".actions > *").all():
        box = button.bounding_box()
        assert box["height"] >= 40, "large enough for a thumb"
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390, "in reach without scrolling"
    page.get_by_role("button", name="Save").tap()
    page.wait_for_url(lambda url: NORWICH not in url)
    assert labels(voter) == {NORWICH: "dog"}
    context.close()


def test_with_scripts_switched_off(browser, voter):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{voter.home}/class/{NORWICH}")
    page.locator(f'input[value="{TERRIER}"]').check()
    page.get_by_role("button", name="Save").click()
    assert page.get_by_role("heading", name="Use terrier for these too?").is_visible()
    page.locator('input[name="also"]').first.uncheck()
    page.get_by_role("button", name="Use it for those ticked").click()
    assert len(labels(voter)) == 25 and set(labels(voter).values()) == {"terrier"}
    page.get_by_role("link", name="Back").click()
    page.goto(f"{voter.home}/class/{CROQUET}")
    page.get_by_label("A name of your own").fill("small dog")
    page.get_by_role("button", name="Save").click()
    assert "small dog" in labels(voter).values()
    page.get_by_role("button", name="Not sure").click()
    assert "" in labels(voter).values()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_of_wcag_aa(browser, voter, hierarchy, scheme):
    page = browser.new_page(color_scheme=scheme)
    families_begun(voter, hierarchy)
    voter.vote(NORWICH, TERRIER)
    for address in ("/", f"/class/{NORWICH}", "/list", "/answers", "/done", "/none"):
        page.goto(voter.home + address)
        if NORWICH in address:
            page.wait_for_selector("#others .given, #others li")
        poor = page.evaluate(CONTRAST)
        assert poor == [], address
    page.close()


def test_everything_has_a_name_for_a_screen_reader(page, voter, hierarchy):
    families_begun(voter, hierarchy)
    page.goto(f"{voter.home}/list")
    assert page.evaluate(NAMELESS) == []
    page.goto(f"{voter.home}/class/{NORWICH}")
    page.keyboard.press("2")
    page.wait_for_selector("#others li")
    assert page.evaluate(NAMELESS) == []
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none" or (
        page.evaluate("document.activeElement.type") == "radio"
    )


# Every visible text whose contrast to the nearest opaque background falls short of WCAG 2.2 AA.
CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.map((c) => c / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = parse(getComputedStyle(element).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (!text || !element.checkVisibility({ visibilityProperty: true })) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(style.color).slice(0, 3)), light(behind(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = parseFloat(style.fontSize) >= 24 ||
      (parseFloat(style.fontSize) >= 18.66 && parseInt(style.fontWeight) >= 700);
    if (contrast < (large ? 3 : 4.5)) poor.push([text, contrast.toFixed(2)]);
  }
  return poor;
}"""

# Every input, link and picture that has no text for who cannot see it.
NAMELESS = """() => [...document.querySelectorAll(
    'input:not([type=hidden]), button, a, img, progress')]
  .filter(e => !(e.labels?.length && [...e.labels].some(l => l.textContent.trim())
    || e.getAttribute('aria-label') || e.textContent.trim() || e.hasAttribute('alt')))
  .map(e => e.outerHTML)"""
