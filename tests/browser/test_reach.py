"""Everything can be done by keys alone, by a finger, with forced colours, and heard without being flooded."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.parts import open_live, role, rows, texts, wait_received
from tests.wall import Wall

Task = Callable[[Page], None]


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def focus_is_somewhere(page: Page) -> None:
    """Never lost on an element that is gone."""
    assert page.evaluate("() => document.activeElement?.isConnected ?? false")


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

    press(page, "Space")
    expect(role(page, "pause")).to_have_text("Resume")
    press(page, "Space")
    expect(role(page, "pause")).to_have_text("Pause")

    press(page, "k", "k", "Enter")
    expect(role(page, "details")).to_contain_text("line 58")
    press(page, "j")
    expect(role(page, "details")).to_contain_text("line 59")
    press(page, "Enter")
    expect(role(page, "panel")).to_be_hidden()

    press(page, "E")
    expect(page.locator(".row.selected")).to_contain_text("line 47")
    press(page, "f")
    expect(role(page, "found")).to_have_text("30 of 60")
    press(page, "f", "F")
    expect(role(page, "found")).to_have_text("30 of 60")
    expect(page.locator(".narrow-chips")).to_contain_text("without api")
    role(page, "filter-field").get_by_role("button").first.press("Enter")
    expect(role(page, "found")).to_have_text("")

    press(page, "x")
    expect(role(page, "mode-bar")).to_contain_text("From the server’s history.")
    press(page, "Escape")
    expect(role(page, "mode-bar")).to_contain_text("Reading.")

    press(page, "2")
    expect(role(page, "found")).to_have_text("3 of 60")
    press(page, "0")
    expect(role(page, "found")).to_have_text("")

    press(page, "g")
    expect(rows(page).filter(has_text=re.compile("line 0$"))).to_be_visible()
    press(page, "PageDown", "PageDown", "PageUp", "End")
    expect(role(page, "mode-bar")).to_be_hidden()
    assert texts(page)[-1] == "line 59"

    role(page, "histogram-chart").focus()
    press(page, "Shift+ArrowLeft", "Shift+ArrowLeft")
    expect(page.locator(".narrow-chips button")).to_have_count(1)
    press(page, "Escape")
    expect(page.locator(".narrow-chips button")).to_have_count(0)

    role(page, "feed").focus()
    press(page, "p")
    page.keyboard.type("by keys")
    press(page, "Control+Enter")
    expect(role(page, "publish-outcome")).to_contain_text("Stored and sent to")
    press(page, "Escape")
    expect(role(page, "publish")).to_be_hidden()

    press(page, "t")
    expect(page).to_have_url(re.compile("time=utc"))
    press(page, "[")
    expect(role(page, "topics")).to_be_hidden()
    press(page, "[", "?")
    expect(role(page, "dialog-help")).to_be_visible()
    press(page, "Escape", "]")
    expect(role(page, "connection")).to_have_count(1)
    role(page, "connection").get_by_role("button").focus()
    press(page, "Enter", "Enter")
    expect(role(page, "connection-state")).to_have_text("Disconnected")
    focus_is_somewhere(page)
    role(page, "state-bar").get_by_role("button").focus()
    press(page, "Enter")
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live "))


def test_the_feed_is_one_stop_and_any_control_is_near(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(100)])
    open_live(page, wall)
    wait_received(page, 100)
    stops = []
    for _ in range(40):
        page.keyboard.press("Tab")
        stop = page.evaluate("() => document.activeElement.dataset.role ?? document.activeElement.className")
        if stop in stops and stop == "skip":
            break
        stops.append(stop)
    assert stops[0] == "skip"
    assert stops.count("feed") == 1
    page.keyboard.press("Home")
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "feed"


@pytest.mark.parametrize("width", [360, 1024])
def test_a_finger_finds_what_it_aims_at(page: Page, wall: Wall, width: int) -> None:
    """44 pixels each way (WCAG 2.2, 2.5.5), but for what stands inside a row of the feed."""
    assert page.context.browser is not None
    context = page.context.browser.new_context(has_touch=True, is_mobile=True, viewport={"width": width, "height": 740})
    finger = context.new_page()
    wall.publish("a message", level="error", data={"a": 1})
    open_live(finger, wall)
    small = """() => [...document.querySelectorAll('button, input, select, a[href], summary, textarea')]
        .filter((el) => el.checkVisibility({ opacityProperty: true }) && !el.closest('.row, .skip, .choices'))
        .map((el) => [el.textContent || el.id, el.getBoundingClientRect()])
        .filter(([, { height, width }]) => height > 0 && (height < 44 || width < 44))
        .map(([name, { height, width }]) => `${name} ${width}x${height}`)"""
    assert finger.evaluate(small) == []
    rows(finger).first.tap()
    expect(role(finger, "details")).to_be_visible()
    assert finger.evaluate(small) == []
    for dialog in ("settings", "export", "ledger", "help"):
        role(finger, f"dialog-{dialog}").evaluate("(dialog) => dialog.showModal()")
        assert finger.evaluate(small) == []
        role(finger, f"dialog-{dialog}").evaluate("(dialog) => dialog.close()")
    assert finger.evaluate("() => document.documentElement.scrollWidth") <= width
    context.close()


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
    page.keyboard.press("1")
    expect(role(page, "level-debug")).to_have_attribute("aria-pressed", "false")
    on, off = (page.evaluate(look, f'[data-role="level-{level}"]') for level in ("info", "debug"))
    assert on != off


@pytest.mark.long
def test_who_listens_hears_a_digest_and_the_first_error(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    page.evaluate(
        """() => {
            globalThis.heard = [];
            const log = document.querySelector('[data-role="announcer"]');
            new MutationObserver((changes) => {
                for (const { addedNodes } of changes) for (const { textContent } of addedNodes) heard.push(textContent);
            }).observe(log, { childList: true });
        }"""
    )
    for n in range(300):
        wall.publish(f"failure {n}", level="error" if n % 3 == 0 else "info")
    page.wait_for_function("() => heard.some((line) => / messages in 10 seconds/.test(line))")
    heard = page.evaluate("() => heard")
    assert heard[0] == "Error on demo: failure 0"
    # One digest in ten seconds, an error in five: whatever came in them.
    assert len([line for line in heard if line.startswith("Error")]) <= 4
    assert len([line for line in heard if "in 10 seconds" in line]) == 1
