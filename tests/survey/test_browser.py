"""A real browser votes: by mouse, by keyboard, on a phone, and with scripts switched off."""

import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from people import CAT, CROQUET, DOG, NORWICH, TABBY, TERRIER, families_begun

from cil.survey.schema import NAME_LENGTH
from cil.votes.table import LABEL_LENGTH

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
    assert page.get_by_role("button", name="Undo").is_visible(), "what was skipped is a page too"
    saved(page, voter, "z")
    assert page.get_by_text("You were not sure").is_visible()
    saved(page, voter, "z")
    assert page.locator("#name").inner_text() == "Norwich terrier"
    assert page.locator(".tag.now").is_visible()
    page.keyboard.press("2")
    page.wait_for_url(lambda url: "/page/" not in url)
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
    page.keyboard.press("w")
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
    assert page.locator('.cards input:checked:not([value=""])').count() == 2
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()


def swallowing(page):
    """The first name on a list that would stand for other classes, and for how many."""
    name = page.locator(".names label:has(.swallows a)").first
    return name, int(name.locator(".swallows a").inner_text().split()[0])


def test_a_list_shows_what_a_name_would_swallow(page, voter, hierarchy):
    families_begun(voter, hierarchy)
    page.goto(f"{voter.home}/next")
    name, others = swallowing(page)
    name.hover()
    held = page.locator("#swallows #below li")
    held.first.wait_for()
    assert held.count() == others and held.locator("img").count() == others
    assert f"and {others} other" in page.locator("#below h2").inner_text()
    page.get_by_role("heading", level=1).hover()
    page.wait_for_selector("#panel", state="hidden")
    name.locator("a").focus()
    held.first.wait_for()
    assert held.count() == others, "and by going to it"
    card = page.locator(".cards > li").filter(has=page.locator(".swallows a")).first
    place = [label.locator("a").count() for label in card.locator("label").all()].index(1)
    card.locator("input:checked").focus()
    page.keyboard.press("1")
    page.wait_for_selector("#panel", state="hidden")
    card.locator("input:checked").focus()
    page.keyboard.press(str(place + 1))
    page.locator("#said", has_text=f"and {others} other").wait_for(state="attached")
    assert held.count() == others, "and after choosing by keyboard"


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
        name, others = swallowing(page)
        name.tap(position={"x": 20, "y": 10})
        held = page.locator(".cards #below li")
        held.first.wait_for()
        assert held.count() == others, "in the card itself"
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
    page.get_by_role("link", name="117 others").tap()
    assert page.locator("#others li").first.is_visible(), "what dog would swallow is in reach"
    for button in page.locator(".actions > :visible").all():
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
    for wnid in (CROQUET, NORWICH):  # not answered yet, and answered
        page.goto(f"{voter.home}/class/{wnid}")
        page.get_by_label("A name of your own").fill("small dog")
        page.get_by_role("button", name="Save").click()
        assert labels(voter)[wnid] == "small dog"
    page.get_by_role("button", name="Not sure").click()
    assert "" in labels(voter).values()
    context.close()


def everything(voter, hierarchy):
    """Every page of the survey: its name, its address, and what to do there first."""
    families_begun(voter, hierarchy)
    voter.vote(NORWICH, TERRIER)
    voter.vote(CROQUET, "own", own="x" * LABEL_LENGTH)
    for address in ("/list", "/answers", "/done", f"/class/{NORWICH}/more", "/none"):
        yield voter.home + address, None
    yield f"{voter.home}/class/{NORWICH}/below/{TERRIER}", None
    yield f"{voter.home}/class/{NORWICH}", lambda page: page.wait_for_selector("#others .given")
    yield f"{voter.home}/class/{NORWICH}", lambda page: page.keyboard.press("?")
    yield f"{voter.server.invite().home}/", None
    yield f"{voter.server.address}/", None
    yield f"{voter.server.admin}/", None
    # One group is like another, and there are hundreds.
    few = "document.querySelectorAll('.group').forEach((group, n) => n > 9 && group.remove())"
    yield f"{voter.server.admin}/groups", lambda page: page.evaluate(few)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_no_page_keeps_anybody_out(browser, own_server, hierarchy, scheme, width):
    """axe finds nothing: WCAG AA contrast, labels, names for screen readers, order of headings."""
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 844}, reduced_motion="reduce"
    )
    page, faults = context.new_page(), []
    for address, prepare in everything(own_server.invite("A" * NAME_LENGTH), hierarchy):
        page.goto(address)
        if prepare:
            prepare(page)
        found = Axe().run(page).response["violations"]
        faults += [(address, fault["id"], fault["nodes"][0]["html"]) for fault in found]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            faults.append((address, "wider than the window", ""))
    assert faults == []
    context.close()


def test_what_has_the_focus_is_seen(page, voter):
    page.goto(f"{voter.home}/class/{NORWICH}")
    page.keyboard.press("2")
    page.wait_for_selector("#others li")
    outline = "getComputedStyle(%s).outlineStyle"
    assert page.evaluate(outline % "document.activeElement.nextElementSibling") == "solid"
    for _ in range(4):
        page.keyboard.press("Tab")
        assert page.evaluate(outline % "document.activeElement") != "none"
    assert page.locator("input:checked").get_attribute("value") == TERRIER, "Tab chooses nothing"
    page.locator("#own").press_sequentially("dog")
    assert page.locator("input:checked").get_attribute("value") == "own", "but typing does"
