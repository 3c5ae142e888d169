"""What the page says of config.yaml: what a mistake is, where, and how to mend it; what is in force; what must wait."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.figures import Seconds, judged
from tests.browser.parts import open_live, role
from tests.wall import StartWall, Wall

# What is written, and what every page says of it: line and column, key, remedy.
BROKEN = [
    (
        "stream:\n  hartbeat_seconds: 5\n",
        "2:3: stream.hartbeat_seconds: unknown setting, did you mean 'heartbeat_seconds'?",
    ),
    (
        "stream:\n  heartbeat_seconds: soon\n",
        "2:22: stream.heartbeat_seconds: must be a number between 1 and 60, not 'soon'",
    ),
    (
        "stream:\n  heartbeat_seconds: 1000\n",
        "2:22: stream.heartbeat_seconds: must be a number between 1 and 60, not 1000",
    ),
    ("stream:\n  heartbeat_seconds: -1\n", "2:22: stream.heartbeat_seconds: must be a number between 1 and 60, not -1"),
    ("stream: 7\n", "1:9: stream: must be a section of lines such as 'name: value', not 7"),
    ("streem:\n  heartbeat_seconds: 5\n", "1:1: streem: unknown setting, did you mean 'stream'?"),
    (
        "stream:\n  heartbeat_seconds: [1, 2]\n",
        "2:22: stream.heartbeat_seconds: must be a number between 1 and 60, not a list",
    ),
    ("stream:\n\theartbeat_seconds: 5\n", "2:1: cannot be read: indent with spaces, not with a tab"),
    ("stream: {heartbeat_seconds: 5\n", "2:1: cannot be read: a list in [ ] or { } lacks a comma or is not closed"),
    (
        "log:\n  keep_messages: many\n",
        "2:18: log.keep_messages: must be a whole number between 1 and 1000000000, not 'many'",
    ),
    (
        "log:\n  keep_for: fortnight\n",
        "2:13: log.keep_for: must be a time between 1 and 36500d, such as 90s, 15m, 12h or 7d, not 'fortnight'",
    ),
    (
        "publish:\n  max_message_bytes: 1XB\n",
        "2:22: publish.max_message_bytes: must be a size between 1KiB and 64MiB, "
        "such as 1048576, 512KiB or 1MiB, not '1XB'",
    ),
    ("sources:\n  - kind: horoscope\n", "2:11: sources[0].kind: must be greeting, not 'horoscope'"),
    ("dashboard:\n  title: 7\n  titel: x\n", "3:3: dashboard.titel: unknown setting, did you mean 'title'?"),
    ("logging:\n  level: loud\n", "2:10: logging.level: must be one of debug, info, warning, error, not 'loud'"),
]
GOOD = "stream:\n  heartbeat_seconds: 15\n"
NOTE = """() => {
    globalThis.notes = [];
    new MutationObserver(() => {
        const said = document.querySelector('[data-notice="rejected"]')?.textContent ?? '';
        if (said !== notes.at(-1)?.[1]) notes.push([Date.now() / 1000, said]);
    }).observe(document.querySelector('[data-role="notices"]'), { subtree: true, childList: true });
}"""


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_config_broken_in_fifteen_ways_is_named_in_time_and_the_repair_clears_it(
    page: Page, start_wall: StartWall
) -> None:
    """On each of two pages."""

    def edit(wall: Wall, tabs: list[Page], text: str, said: str) -> float:
        """How long it took until every page said it; '': nothing."""
        began = time.time()
        wall.config.write_text(text, "utf-8")
        expected = (
            "([since, said]) => notes.find(([at, what]) => at >= since && (said ? what.includes(said) : !what))?.[0]"
        )
        return max(float(tab.wait_for_function(expected, arg=[began, said]).json_value()) - began for tab in tabs)

    def run() -> Seconds:
        wall = start_wall(GOOD)
        other = page.context.browser.new_context().new_page()  # type: ignore[union-attr]  # launched, so it has one
        tabs = [page, other]
        for tab in tabs:
            open_live(tab, wall)
            tab.evaluate(NOTE)
        named, cleared = 0.0, 0.0
        for text, said in BROKEN:
            named = max(named, edit(wall, tabs, text, f"config.yaml:{said}"))
            cleared = max(cleared, edit(wall, tabs, GOOD, ""))
        for tab in tabs:
            assert tab.evaluate("() => eyewall.store.losses") == []
            expect(role(tab, "connection-state")).to_have_text(re.compile("^Live"))
        other.context.close()
        wall.kill()
        return Seconds(named=(named, 2), cleared=(cleared, 2))

    judged(page, run, lambda seconds: seconds.good)


def test_a_refused_config_says_which_settings_stay_in_force(page: Page, start_wall: StartWall) -> None:
    wall = start_wall(GOOD)
    open_live(page, wall)
    refused = page.locator('[data-notice="rejected"]')
    wall.config.write_text(BROKEN[0][0], "utf-8")
    expect(refused).to_contain_text("config.yaml was not applied.")
    expect(refused).to_contain_text(f"config.yaml:{BROKEN[0][1]}")
    expect(refused).to_contain_text("The previous settings are still active.")
    wall.config.write_text("stream:\n  heartbeat_seconds: 5\n", "utf-8")
    expect(refused).to_have_count(0)
    expect(role(page, "banner")).to_contain_text("config.yaml applied: stream.heartbeat_seconds 15 → 5.")
    wall.config.write_text(BROKEN[0][0] + "log: 7\n", "utf-8")
    expect(refused).to_contain_text(re.compile(r"The settings from \d\d:\d\d are still active\."))
    expect(refused.get_by_role("listitem")).to_have_count(2)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    refused.get_by_role("button", name="Copy").click()
    expect(refused.get_by_role("button", name="Copied")).to_be_visible()
    lines = page.evaluate("() => navigator.clipboard.readText()").split("\n")
    assert lines[0].endswith(f"config.yaml:{BROKEN[0][1]}")
    assert len(lines) == 2
    assert page.evaluate("() => eyewall.store.losses") == []


def test_what_waits_for_a_restart_is_named(page: Page, start_wall: StartWall) -> None:
    wall = start_wall(GOOD)
    open_live(page, wall)
    wall.config.write_text("stream:\n  heartbeat_seconds: 5\nlog:\n  path: other.db\n", "utf-8")
    expect(role(page, "banner")).to_contain_text(
        "config.yaml applied: stream.heartbeat_seconds 15 → 5. Needs a restart: log.path."
    )
