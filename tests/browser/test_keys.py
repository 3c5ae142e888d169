"""Everything can be done by keys alone, and the focus is always visible."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.parts import open_live, role, rows, texts, wait_received
from tests.wall import Wall

NEAR = 12
"""Presses of Tab, at most, to any control."""


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Page, control: Locator, key: str = "Tab") -> None:
    expect(control).to_be_visible()  # What comes with a frame later would be gone past.
    for _ in range(NEAR):
        page.keyboard.press(key)
        if control.evaluate("(el) => el === document.activeElement"):
            return
    raise AssertionError(f"not within {NEAR} presses of {key}: {control}")


WHERE = """() => {
    const { activeElement: el } = document;
    const isControl = el.matches('button, input, select, textarea, a[href], summary, [tabindex]');
    return isControl && el.checkVisibility() ? el.dataset.role ?? (el.id || el.textContent) : null;
}"""


def expect_focus_somewhere(page: Page) -> None:
    """On a control that can be seen: never lost with one that is gone, and never on the page as a whole."""
    page.wait_for_function(WHERE)


def test_fifteen_tasks_by_keys_alone(page: Page, wall: Wall) -> None:
    for n in range(60):
        wall.publish(f"line {n}", topic="api" if n % 2 else "db", level="error" if n % 20 == 7 else "info")
    open_live(page, wall)
    wait_received(page, 60)

    press(page, "/")
    page.keyboard.type('"line 5"')
    expect(role(page, "found")).to_have_text("11 of 60")
    press(page, "Escape", "Escape")
    expect(role(page, "found")).to_have_text("")
    expect_focus_somewhere(page)

    press(page, "Space")
    expect(role(page, "pause")).to_have_text("Resume")
    press(page, "Space")
    expect(role(page, "pause")).to_have_text("Pause")
    expect_focus_somewhere(page)

    press(page, "k", "k", "Enter")
    expect(role(page, "details")).to_contain_text("line 58")
    press(page, "j")
    expect(role(page, "details")).to_contain_text("line 59")
    press(page, "Enter")
    expect(role(page, "panel")).to_be_hidden()
    expect_focus_somewhere(page)

    press(page, "E")
    expect(page.locator(".row.selected")).to_contain_text("line 47")
    press(page, "f")
    expect(role(page, "found")).to_have_text("30 of 60")
    press(page, "f", "F")
    expect(role(page, "found")).to_have_text("30 of 60")
    expect(page.locator(".narrow-chips")).to_contain_text("not topic: api")
    tab_to(page, role(page, "filter-field").get_by_role("button").first, "Shift+Tab")
    press(page, "Enter")
    expect(role(page, "found")).to_have_text("")
    expect_focus_somewhere(page)

    press(page, "x")
    expect(role(page, "mode-bar")).to_contain_text("History")
    press(page, "Escape")
    expect(role(page, "mode-bar")).to_contain_text("Scrolled back")
    expect_focus_somewhere(page)

    press(page, "2")
    expect(role(page, "found")).to_have_text("3 of 60")
    press(page, "0")
    expect(role(page, "found")).to_have_text("")
    expect_focus_somewhere(page)

    press(page, "g")
    expect(rows(page).filter(has_text=re.compile("line 0$"))).to_be_visible()
    press(page, "PageDown", "PageDown", "PageUp", "End")
    expect(role(page, "mode-bar")).to_be_hidden()
    assert texts(page)[-1] == "line 59"
    expect_focus_somewhere(page)

    tab_to(page, role(page, "histogram-chart"), "Shift+Tab")
    press(page, "Shift+ArrowLeft", "Shift+ArrowLeft")
    expect(page.locator(".narrow-chips button")).to_have_count(1)
    press(page, "Escape")
    expect(page.locator(".narrow-chips button")).to_have_count(0)
    expect_focus_somewhere(page)

    tab_to(page, role(page, "feed"))
    press(page, "p")
    page.keyboard.type("by keys")
    press(page, "Control+Enter")
    expect(role(page, "publish-outcome")).to_contain_text("Stored and sent to")
    press(page, "Escape")
    expect(role(page, "publish")).to_be_hidden()
    expect_focus_somewhere(page)

    press(page, "t")
    expect(page).to_have_url(re.compile("time=utc"))
    press(page, "[")
    expect(role(page, "topics")).to_be_hidden()
    press(page, "[", "?")
    expect(role(page, "dialog-help")).to_be_visible()
    press(page, "Escape", "]")
    expect(role(page, "connection")).to_have_count(1)
    tab_to(page, role(page, "connection").get_by_role("button"))
    press(page, "Enter", "Enter")
    expect(role(page, "connection-state")).to_have_text("Disconnected")
    expect(role(page, "connection")).to_have_count(0)
    expect_focus_somewhere(page)
    tab_to(page, role(page, "state-bar").get_by_role("button"), "Shift+Tab")
    press(page, "Enter")
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
    expect_focus_somewhere(page)


def stops(page: Page) -> list[str]:
    """What Tab comes to from the start, one after the other, until it begins again."""
    found: list[str] = []
    # Leaving the page is seen at once: soon after, the feed may have taken the focus.
    page.evaluate("() => addEventListener('focusout', (event) => { window.hasLeft = event.relatedTarget === null; })")
    for _ in range(100):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => {
                const { activeElement: el } = document;
                // The end: it left, or stays there.
                if (window.hasLeft || el === document.body || el === window.lastStop) return '';
                window.lastStop = el;
                return el.dataset.role ?? el.closest('[role=toolbar]')?.ariaLabel ?? (el.textContent || el.ariaLabel);
            }"""
        )
        if stop == "" or (found and stop == found[0]):
            break
        found.append(stop)
    return found


def test_the_feed_is_one_stop_and_any_control_is_near(page: Page, wall: Wall) -> None:
    """However many topics there are: each group of buttons is one stop, and arrow keys move inside."""
    for n in range(30):
        wall.publish(f"line {n}", topic=f"topic.{n}")
    open_live(page, wall)
    expect(role(page, "topic")).to_have_count(30)
    found = stops(page)
    assert found[0] == "Skip to the messages"
    assert found.count("feed") == 1
    assert len(found) <= NEAR, found
    page.reload()
    press(page, "Tab", "Enter")
    page.wait_for_function(f"() => ({WHERE})() === 'feed'")
    expect(rows(page).filter(has_text="line 29")).to_be_visible()
    press(page, "k")
    expect(page.locator(".row.selected")).to_contain_text("line 29")


def test_an_empty_wall_has_every_control_near(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    expect(role(page, "first-run")).to_be_visible()
    found = stops(page)
    # Forwards, or backwards from the end.
    assert len(found) - found.index("Copy") <= NEAR, found
    assert found.index("previous-error") < NEAR, found


def test_arrow_keys_move_inside_of_a_group(page: Page, wall: Wall) -> None:
    for name in ("api", "db", "web"):
        wall.publish(f"on {name}", topic=name)
    open_live(page, wall)
    expect(role(page, "topic")).to_have_count(3)
    topics = role(page, "topics")
    tab_to(page, topics.get_by_role("button", name="all"))
    press(page, "ArrowDown", "ArrowDown", "Enter")
    expect(page.locator(".narrow-chips")).to_have_text(re.compile("topic: db"))
    press(page, "Enter", "ArrowRight", "Enter")
    expect(page.locator(".narrow-chips")).to_have_text(re.compile("not topic: db"))
    press(page, "Enter", "ArrowDown")
    assert page.evaluate("() => document.activeElement.title") == "Hide web"
    press(page, "ArrowDown")
    assert page.evaluate("() => document.activeElement.title") == "Hide web"
    press(page, "Shift+Tab", "Tab")
    assert page.evaluate("() => document.activeElement.title") == "Hide web"
    tab_to(page, role(page, "level-critical"))
    press(page, "ArrowRight", "Enter")
    expect(role(page, "level-warning")).to_have_attribute("aria-pressed", "false")
    press(page, *["ArrowRight"] * 7, "Enter")
    expect(role(page, "level-warning")).to_have_attribute("aria-pressed", "true")
    press(page, "Tab")
    assert page.evaluate("() => document.activeElement.dataset.role") == "previous-error"


def test_the_key_for_the_one_before_goes_on_where_the_page_ends(page: Page, wall: Wall) -> None:
    """The offer above the oldest row is no message, so no key stands on it."""
    wall.publish_lines([f"line {n}" for n in range(1500)])
    open_live(page, wall)
    wait_received(page, 1000)
    press(page, "Home")
    rows(page).filter(has_text=re.compile("line 500$")).click()
    press(page, "k")
    page.wait_for_function("() => eyewall.store.matching.size === 1500")
    press(page, "k")
    expect(page.locator(".row.selected")).to_contain_text("line 499")


def test_focus_is_handed_on_when_its_control_goes(page: Page, wall: Wall) -> None:
    wall.publish("a message")
    open_live(page, wall)
    expect(rows(page)).to_have_count(1)
    press(page, "k", "Enter")
    tab_to(page, role(page, "panel").get_by_role("button", name="Close"))
    press(page, "Enter")
    expect(role(page, "panel")).to_be_hidden()
    page.wait_for_function(f"() => ({WHERE})() === 'feed'")
    press(page, "f")
    tab_to(page, role(page, "filter-field").get_by_role("button", name="Remove: topic: demo"), "Shift+Tab")
    press(page, "Enter")
    page.wait_for_function(f"() => ({WHERE})() === 'feed'")
    press(page, "/", "Escape")
    assert page.evaluate(WHERE) == "feed"
