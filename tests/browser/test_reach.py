"""Everything can be aimed at with a finger or a mouse, seen in forced colours, and heard without being flooded."""

import itertools
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.figures import pace
from tests.browser.parts import open_live, role, rows, wait_dialogs, wait_received
from tests.wall import Wall

SMALL = """(least) => ['button', 'input', 'select', 'a[href]', 'summary', 'textarea', '.choices label']
    .flatMap((each) => [...document.querySelectorAll(each)])
    .filter((el) => el.checkVisibility({ opacityProperty: true }) && !el.closest('.row, .skip'))
    .filter((el) => !el.matches('.choices input'))
    .map((el) => [el.textContent || el.id, el.getBoundingClientRect()])
    .filter(([, { height, width }]) => height > 0 && (height < least || width < least))
    .map(([name, { height, width }]) => `${name} ${width}x${height}`)"""


def expect_no_small_target(page: Page, wall: Wall, least: int) -> None:
    """On the page, in its panels and its dialogs; what stands inside of a row of the feed is the row's."""
    open_live(page, wall)
    assert page.evaluate(SMALL, least) == []
    wall.publish("a message", level="error", data={"a": 1})
    rows(page).first.click()
    expect(role(page, "details")).to_be_visible()
    assert page.evaluate(SMALL, least) == []
    page.keyboard.press("]")
    expect(role(page, "connection")).to_have_count(1)
    assert page.evaluate(SMALL, least) == []
    wait_dialogs(page)
    for dialog in ("settings", "export", "ledger", "help", "publish"):
        role(page, dialog if dialog == "publish" else f"dialog-{dialog}").evaluate("(dialog) => dialog.showModal()")
        assert page.evaluate(SMALL, least) == []
        role(page, dialog if dialog == "publish" else f"dialog-{dialog}").evaluate("(dialog) => dialog.close()")


@pytest.mark.parametrize("width", [360, 1024])
def test_a_finger_finds_what_it_aims_at(page: Page, wall: Wall, width: int) -> None:
    """44 pixels each way (WCAG 2.2, 2.5.5)."""
    assert page.context.browser is not None
    context = page.context.browser.new_context(has_touch=True, is_mobile=True, viewport={"width": width, "height": 740})
    finger = context.new_page()
    expect_no_small_target(finger, wall, 44)
    assert finger.evaluate("() => document.documentElement.scrollWidth") <= width
    context.close()


@pytest.mark.parametrize("width", [360, 1440])
def test_a_mouse_finds_what_it_aims_at(page: Page, wall: Wall, width: int) -> None:
    """24 pixels each way (WCAG 2.2, 2.5.8)."""
    page.set_viewport_size({"width": width, "height": 900})
    expect_no_small_target(page, wall, 24)


def test_forced_colours_lose_nothing(page: Page, wall: Wall) -> None:
    page.emulate_media(forced_colors="active")
    wall.publish("an error", level="error")
    open_live(page, wall)
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("k")
    look = """(selector) => {
        const { outlineStyle, borderStyle } = getComputedStyle(document.querySelector(selector));
        return [outlineStyle, borderStyle];
    }"""
    expect(page.locator(".row.selected")).to_have_count(1)
    assert page.evaluate(look, ".row.selected")[0] == "solid"
    page.keyboard.press("4")
    expect(role(page, "level-debug")).to_have_attribute("aria-pressed", "false")
    on, off = (page.evaluate(look, f'[data-role="level-{level}"]') for level in ("info", "debug"))
    assert on != off


def test_a_finger_finds_the_errors(page: Page, wall: Wall) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    for n in range(30):
        wall.publish(f"line {n}", level="error" if n in (3, 7) else "info")
    open_live(page, wall)
    wait_received(page, 30)
    for name, line in (("Previous", 7), ("Previous", 3), ("Next", 7)):
        page.get_by_role("button", name=f"{name} error").click()
        expect(page.locator(".row.selected")).to_contain_text(f"line {line}")
        expect(page.locator(".row.selected")).to_be_in_viewport(ratio=1)


COVERED = """(control) => {
    control.scrollIntoView({ block: 'nearest' });
    const { left, top, width, height } = control.getBoundingClientRect();
    const seen = document.elementFromPoint(left + width / 2, top + height / 2);
    return seen === null || !control.contains(seen);
}"""
SCROLLED = "() => document.querySelector('[data-role=\"feed\"]').scrollTop"


@pytest.mark.parametrize("width", [320, 740])
def test_a_low_screen_shows_the_feed_and_every_control(page: Page, wall: Wall, width: int) -> None:
    """320 by 256 is what a screen of 1280 by 1024 has left at 400 % zoom (WCAG 2.2, 1.4.10)."""
    page.set_viewport_size({"width": width, "height": 256})
    wall.publish_lines([f"line {n}" for n in range(100)])
    open_live(page, wall)
    wait_received(page, 100)
    page.keyboard.press("k")
    expect(page.locator(".row.selected")).to_contain_text("line 99")
    expect(page.locator(".row.selected")).to_be_in_viewport(ratio=1)
    expect(rows(page).filter(has_text="line 97")).to_be_in_viewport(ratio=1)
    before = page.evaluate(SCROLLED)
    for control in page.locator(".top button, .bar button, .narrow :is(button, input), canvas, .bottom button").all():
        assert not control.is_visible() or not control.evaluate(COVERED), control
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    # However far the page was scrolled meanwhile, no row has moved in the feed.
    page.keyboard.press("Escape")
    expect(page.locator(".row.selected")).to_have_count(0)
    assert page.evaluate(SCROLLED) == before


LISTEN = """() => {
    globalThis.heard = [];
    const log = document.querySelector('[data-role="announcer"]');
    new MutationObserver((changes) => {
        for (const { addedNodes } of changes)
            for (const { textContent } of addedNodes) heard.push([performance.now(), textContent]);
    }).observe(log, { childList: true });
}"""


@pytest.mark.long
@pytest.mark.timeout(200)
def test_who_listens_hears_a_digest_and_the_first_error(page: Page, wall: Wall) -> None:
    """At a thousand messages a second for half a minute, every third an error."""
    open_live(page, wall)
    page.evaluate(LISTEN)
    began = page.evaluate("() => performance.now()")
    with pace(wall, 1000, 32, lambda n: f"{'ERROR failure' if n % 3 == 0 else 'step'} {n}"):
        pass
    heard = [(at, line) for at, line in page.evaluate("() => heard")]
    errors = [at for at, line in heard if line.startswith("Error on pace: ")]
    digests = [at for at, line in heard if re.fullmatch(r"[\d,]+ messages in 1[01] s, [\d,]+ errors", line)]
    print(heard)
    assert len(errors) + len(digests) == len(heard)
    assert heard[0][1] == "Error on pace: ERROR failure 0"
    assert heard[0][0] - began < 2000
    # As often as it may be, and no oftener; 50 ms are between what is said and when that is seen.
    assert 5 <= len(errors) <= 8
    assert 3 <= len(digests) <= 4
    assert all(later - at >= 4_950 for at, later in itertools.pairwise(errors))
    assert all(later - at >= 9_950 for at, later in itertools.pairwise(digests))
