"""What is opened beside the feed and over it, by the rules of a screen reader."""

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import InBrowser
from tests.browser.parts import open_live, role, rows, wait_dialogs
from tests.wall import Wall

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def open_page(browser: Browser, in_browser: InBrowser) -> Iterator[list[Page]]:
    """A list for the pages that a test opens with the CSP off, as axe is a script of its own."""
    pages: list[Page] = []
    yield pages
    for page in pages:
        in_browser(page.context.close)


ALL = [
    ("light", 360),
    ("dark", 1440),
    pytest.param("light", 1440, marks=pytest.mark.long),
    pytest.param("dark", 360, marks=pytest.mark.long),
]


# What axe leaves to people, by rule and reason, and what people found.
UNDECIDED = {
    ("aria-required-children", ""): "a wall that is empty, or of which nothing matches: then a grid has no rows",
    ("color-contrast", "elmPartiallyObscuring"): "a cell of the table of connections, in the page's own colours",
    (
        "color-contrast",
        "bgOverlap",
    ): "a dialog over the page: axe does not see that it is above; COVERED looks in the browser",
    ("color-contrast", "pseudoContent"): "a row's text beside the bar of 3 px at its start, which is not under it",
    ("color-contrast", "nonBmp"): "glyphs beside words; tests/js/contrast.test.js computes each token's contrast",
}

COVERED = """(selectors) => selectors.filter((selector) => {
    const element = document.querySelector(selector);
    const { x, y, width, height } = element.getBoundingClientRect();
    return !element.contains(document.elementFromPoint(x + width / 2, y + height / 2));
})"""

TROUBLE = """() => {
    const { store } = eyewall;
    const now = Date.now();
    const gaps = ['expired', 'unexplained'].map((reason) => ({ mark: 'gap', at: now, reason, missing: 3 }));
    const loss = { mark: 'loss', at: now, from: now - 5000, replayed: 7, missing: 0 };
    const proof = { ...store.proof, missing: 6 };
    store.receive('batch', { batch: JSON.stringify([...gaps, loss]), heard: now, proof, left: 0 });
    store.receive('config', { status: 'rejected', errors: ['config.yaml:1:1: no such key'], heard: now });
}"""


@pytest.mark.parametrize(("scheme", "width"), ALL)
def test_axe_finds_nothing_in_any_panel(
    page: Page, wall: Wall, open_page: list[Page], width: int, scheme: Literal["light", "dark"]
) -> None:
    browser = page.context.browser
    assert browser is not None
    # Without motion: halfway from one ground to another no colour is one that is meant to be read.
    context = browser.new_context(
        bypass_csp=True, color_scheme=scheme, reduced_motion="reduce", viewport={"width": width, "height": 800}
    )
    page = context.new_page()
    open_page.append(page)

    def expect_nothing(name: str, selector: str | None = None) -> None:
        response = Axe().run(page, context=selector, options=RULES).response
        found = response["violations"]
        assert not found, (name, [(rule["id"], rule["nodes"][0]["html"]) for rule in found])
        undecided = [
            (rule["id"], str((check["data"] or {}).get("messageKey") if rule["id"] == "color-contrast" else ""), html)
            for rule in response["incomplete"]
            for node in rule["nodes"]
            for html, checks in [(node["html"], [*node["any"], *node["all"], *node["none"]])]
            for check in checks
        ]
        overlapped = [
            node["target"][0]
            for rule in response["incomplete"]
            if rule["id"] == "color-contrast"
            for node in rule["nodes"]
            if any((check["data"] or {}).get("messageKey") == "bgOverlap" for check in node["any"])
        ]
        assert page.evaluate(COVERED, overlapped) == []
        unexplained = [each for each in undecided if each[:2] not in UNDECIDED]
        assert not unexplained, (name, unexplained)

    open_live(page, wall)
    expect(role(page, "first-run")).to_be_visible()
    expect_nothing("first run")
    for level in ("debug", "info", "warning", "error", "critical"):
        wall.publish("plain \x1b[31mred\x1b[0m \x1b[37;41m on a ground", level=level, data={"a": [1]})
    expect(rows(page)).to_have_count(5)
    expect_nothing("feed")
    # What opens each, and what can be seen when it has.
    for keys, opened in (
        (["e", "Enter"], "details"),
        (["x"], "mode-bar"),
        (["Escape", "Escape", "]"], "who"),
        (["Escape", "p"], "publish"),
        (["Escape", "?"], "dialog-help"),
    ):
        for key in keys:
            page.keyboard.press(key)
        expect(role(page, opened)).to_be_visible()
        if opened == "who":
            expect(role(page, "connection")).to_have_count(1)
        expect_nothing(opened, f'[data-role="{opened}"]')
    page.keyboard.press("Escape")
    wait_dialogs(page)
    for dialog in ("settings", "ledger", "export"):
        if dialog == "ledger":
            role(page, "proof").dispatch_event("click")  # Is filled when it is opened.
        else:
            role(page, f"dialog-{dialog}").evaluate("(dialog) => dialog.showModal()")
        expect_nothing(dialog, "dialog[open]")
        page.keyboard.press("Escape")
    if width < 640:
        role(page, "bottom").get_by_role("button", name="Topics").click()
        expect(role(page, "topics")).to_be_visible()
        expect(role(page, "topic")).to_have_count(1)
        expect_nothing("topics", '[data-role="topics"]')
        role(page, "bottom").get_by_role("button", name="Feed").click()
        expect(role(page, "topics")).to_be_hidden()
    role(page, "filter").fill("no such words")
    expect(role(page, "nothing")).to_be_visible()
    expect_nothing("nothing found", "main")
    role(page, "filter").fill("plain")
    expect(page.locator("mark").first).to_be_visible()
    page.evaluate(TROUBLE)
    expect(role(page, "mark-gap")).to_have_count(2)
    wall.kill()
    expect(role(page, "state-bar")).to_contain_text("No connection since ")
    expect_nothing("trouble")
