"""What the page says over everything else is true: for as long as it stands, and of what it offers."""

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.parts import open_live, role, rows
from tests.faults import faults_before
from tests.wall import StartWall, Wall

GOOD = "stream:\n  heartbeat_seconds: 15\n"
BAD = "stream:\n  hartbeat_seconds: 5\n"
NO_COPYING = """
    Object.defineProperty(navigator, 'clipboard', { value: { writeText: () => Promise.reject(new Error('no')) } });
    Document.prototype.execCommand = () => false;
"""
SELECTED = """() => {
    const field = document.activeElement;
    return field.tagName === 'TEXTAREA' ? field.value.slice(field.selectionStart, field.selectionEnd) : null;
}"""


def refused(page: Page, wall: Wall) -> None:
    wall.config.write_text(BAD, "utf-8")
    expect(role(page, "banner")).to_contain_text("config.yaml was not applied.")


def test_a_refusal_that_was_mended_while_nobody_was_connected_goes(page: Page, start_wall: StartWall) -> None:
    wall = start_wall(GOOD)
    open_live(page, wall)
    refused(page, wall)
    wall.kill()
    wall.config.write_text(GOOD, "utf-8")
    wall.start()
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
    expect(role(page, "banner").filter(has_text="not applied")).to_have_count(0)
    other = page.context.new_page()
    open_live(other, wall)
    expect(role(other, "banner")).to_have_count(0)


def test_a_refusal_that_stands_is_still_there_after_a_cut(page: Page, start_wall: StartWall) -> None:
    wall = start_wall(GOOD)
    with faults_before(wall) as faults:
        page.goto(faults.url)
        expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
        refused(page, wall)
        faults.cut()
        page.wait_for_function("() => eyewall.store.losses.length === 1")
        expect(role(page, "banner")).to_contain_text("config.yaml:2:3: stream.hartbeat_seconds")


def test_what_is_copied_is_the_refusal_that_is_shown(page: Page, start_wall: StartWall) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    wall = start_wall(GOOD)
    open_live(page, wall)
    refused(page, wall)
    wall.config.write_text("stream:\n  flash_ms: 5\n", "utf-8")
    expect(role(page, "banner")).to_contain_text("stream.flash_ms")
    role(page, "banner").get_by_role("button", name="Copy").click()
    expect(role(page, "banner").get_by_role("button", name="Copied")).to_have_count(1)
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert "stream.flash_ms" in copied
    assert "hartbeat" not in copied


def test_a_clock_that_is_set_is_told_of_and_forgotten(page: Page, wall: Wall) -> None:
    beat = """(off) => {
        const now = Date.now();
        const time = new Date(now - off).toISOString();
        for (let n = 0; n < 3; n++) receive.call(eyewall.store, 'heartbeat', { time, heard: now, head: '' });
    }"""
    open_live(page, wall)
    # From now on no heart beats but ours.
    page.evaluate(
        """() => {
        const { store } = eyewall;
        globalThis.receive = store.receive;
        store.receive = (noun, ...rest) => noun === 'heartbeat' || receive.call(store, noun, ...rest);
    }"""
    )
    page.evaluate(beat, 3_600_000)
    expect(role(page, "banner")).to_contain_text("This device’s clock is 1 h ahead of the server’s.")
    page.evaluate(beat, 0)
    expect(role(page, "banner")).to_have_count(0)


def test_what_is_said_after_the_clock_was_set_is_still_news(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    page.evaluate(
        """() => {
        const { store } = eyewall;
        const receive = store.receive;
        // As if this device had been set an hour back: what the worker notes from now on is an hour less.
        const time = new Date().toISOString();
        for (let n = 0; n < 3; n++) store.receive('heartbeat', { time, heard: Date.now() - 3_600_000, head: '' });
        store.setMode('reading');
    }"""
    )
    wall.publish("it broke", level="error")
    expect(role(page, "unseen")).to_contain_text("1 new · 1 error")


def test_where_copying_is_blocked_the_text_is_laid_out_and_selected(page: Page, wall: Wall) -> None:
    page.add_init_script(NO_COPYING)
    open_live(page, wall)
    id_ = wall.publish("copy me\nall of me", data={"key": "a value"})
    rows(page).first.click()
    details = role(page, "details")
    details.get_by_role("button", name="Copy text").click()
    expect(details).to_contain_text("The text is selected: press Ctrl+C.")
    assert page.evaluate(SELECTED) == "copy me\nall of me"
    details.get_by_role("button", name="Copy JSON").click()
    expect(details.locator("textarea")).to_have_value(re.compile("^{"))
    assert json.loads(page.evaluate(SELECTED))["data"] == {"key": "a value"}
    role(page, "proof").click()
    role(page, "ledger").get_by_role("button", name="Copy").click()
    expect(role(page, "ledger")).to_contain_text("The text is selected")
    assert page.evaluate(SELECTED).startswith("Since ")
    page.keyboard.press("Escape")
    rows(page).first.focus()
    for key, expected in (("c", "copy me\nall of me"), ("y", f"{wall.url}/?at={id_}")):
        page.evaluate("() => document.activeElement.blur()")
        page.keyboard.press(key)
        expect(role(page, "banner")).to_contain_text("The text is selected: press Ctrl+C.")
        page.wait_for_function(f"(expected) => ({SELECTED})() === expected", arg=expected)
        role(page, "banner").get_by_role("button", name="Dismiss").click()
        expect(role(page, "banner")).to_have_count(0)


def test_a_link_with_other_times_does_not_change_what_one_has_chosen(page: Page, wall: Wall) -> None:
    page.goto(f"{wall.url}/?time=utc")
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
    assert page.evaluate("() => eyewall.store.view.zone") == "utc"
    page.keyboard.press("d")  # A choice of one's own, and all choices are kept.
    page.wait_for_function("() => localStorage.getItem('eyewall.theme')")
    assert page.evaluate("() => localStorage.getItem('eyewall.zone')") != '"utc"'
    page.keyboard.press("t")
    page.wait_for_function("() => eyewall.store.view.zone === 'local'")
    page.goto(wall.url)
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
    assert page.evaluate("() => eyewall.store.view.zone") == "local"


def test_a_notice_of_the_server_is_shown_until_it_ends_or_is_dismissed(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    told = "(notices) => eyewall.store.receive('notices', notices)"
    notices = {
        "will_delete": {"kind": "will_delete", "text": "log.keep_for 1h: will delete 9 messages", "count": 9},
        "refused": {"kind": "refused", "text": "1 publisher was refused", "count": 1},
    }
    page.evaluate(told, notices)
    banners = role(page, "banner")
    expect(banners).to_contain_text(["will delete 9 messages", "1 publisher was refused"])
    banners.nth(1).get_by_role("button", name="Dismiss").click()
    expect(banners).to_have_count(1)
    page.evaluate(told, notices)
    expect(banners).to_have_count(1)
    # An empty text ends a notice.
    page.evaluate(told, {"will_delete": {"kind": "will_delete", "text": "", "count": 0}})
    expect(banners).to_have_count(0)
