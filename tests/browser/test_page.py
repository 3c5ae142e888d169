"""The page in a real Chromium, against a real server."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.figures import listen
from tests.browser.parts import counters, open_live, role, rows, texts, wait_received
from tests.waiting import block_until
from tests.wall import StartWall, Wall


def test_a_published_message_is_on_the_page(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    wall.publish("disk almost full", topic="host", level="warning", data={"free": 3})
    row = rows(page).filter(has_text="disk almost full")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(" WARN")
    expect(row).to_contain_text("host")
    expect(row).to_contain_text("free=3")


def test_a_page_that_comes_later_shows_what_was_said_before(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(50)])
    open_live(page, wall)
    wait_received(page, 50)
    expect(rows(page).filter(has_text=re.compile(r"line 49$"))).to_have_count(1)
    assert texts(page)[-1] == "line 49"


def test_an_empty_wall_says_what_to_type_and_shows_that_it_worked(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    expect(role(page, "first-command")).to_have_text(f'curl -d "Hello from my terminal" {wall.url}/topics/demo')
    wall.publish("Hello from my terminal")
    expect(role(page, "first-run")).to_be_hidden()
    expect(role(page, "first-arrived")).to_contain_text("Your first message arrived")


def test_all_tabs_of_a_browser_are_one_connection(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    wall.publish("before the other tab")
    other = page.context.new_page()
    open_live(other, wall)
    expect(rows(other).filter(has_text="before the other tab")).to_have_count(1)
    page.close()
    wall.publish("after the first tab")
    expect(rows(other).filter(has_text="after the first tab")).to_have_count(1)
    expect(role(other, "connection-count")).to_have_text("1 viewer")
    assert wall.get_json("/connections")["count"] == 1
    assert counters(other)["missing"] == 0


def test_the_count_follows_whoever_comes_and_goes(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    expect(role(page, "connection-count")).to_have_text("1 viewer")
    context = page.context.browser.new_context()  # type: ignore[union-attr]  # launched, so it has one
    open_live(context.new_page(), wall)
    expect(role(page, "connection-count")).to_have_text("2 viewers")
    context.close()
    expect(role(page, "connection-count")).to_have_text("1 viewer")


def test_a_message_written_in_the_page_is_published(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    role(page, "publish-open").click()
    role(page, "publish-topic").fill("deploy")
    role(page, "publish-text").fill("it's out")
    expect(role(page, "publish-curl")).to_contain_text("--data-raw 'it'\\''s out'")
    role(page, "publish-text").press("Control+Enter")
    expect(role(page, "publish-outcome")).to_contain_text("Stored and sent to 1 connection")
    expect(rows(page).filter(has_text="it's out")).to_contain_text("deploy")


def test_a_message_that_is_refused_says_why_and_is_kept(page: Page, start_wall: StartWall) -> None:
    wall = start_wall("publish:\n  max_message_bytes: 1KiB\n")
    open_live(page, wall)
    role(page, "publish-open").click()
    role(page, "publish-text").evaluate("(field) => field.removeAttribute('maxlength')")
    role(page, "publish-text").fill("x" * 2000)
    role(page, "publish-send").click()
    expect(role(page, "publish-outcome")).to_contain_text("Not sent: ")
    expect(role(page, "publish-outcome")).to_contain_text("over the limit of 1,024")
    expect(role(page, "publish-text")).to_have_value("x" * 2000)


def test_a_killed_server_is_named_and_what_it_kept_is_replayed(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    wall.publish("before")
    expect(rows(page)).to_have_count(1)
    wall.kill()
    expect(role(page, "connection-state")).to_have_text(re.compile("^Connection lost$"))
    expect(role(page, "state-bar")).to_contain_text("No connection since ")
    expect(page).to_have_title(re.compile("^✕ "))
    wall.start()
    wall.publish("after")
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
    expect(rows(page).filter(has_text="after")).to_have_count(1)
    expect(role(page, "state-bar")).to_be_hidden()


def test_an_orderly_restart_is_called_one(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    listen(page)
    assert wall.stop() == 0
    # It says so until its next attempt, which may be over before the server has ended.
    page.wait_for_function("() => said.some(([, pill]) => pill === 'Restarting')")
    wall.start()
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))


def test_a_page_that_was_disconnected_stays_away_until_somebody_asks(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    (connection,) = wall.get_json("/connections")["connections"]
    page.evaluate("(id) => fetch(`/connections/${id}`, {method: 'DELETE'})", connection["id"])
    expect(role(page, "connection-state")).to_have_text("Disconnected")
    expect(role(page, "state-bar")).to_contain_text("You were disconnected by an operator")
    role(page, "state-bar").get_by_role("button").click()
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))


def test_what_is_no_longer_kept_is_one_row_with_its_count(page: Page, start_wall: StartWall) -> None:
    wall = start_wall("server:\n  drain_seconds: 0.5\nlog:\n  keep_messages: 100\n")
    wall.publish("the last one seen")
    open_live(page, wall)
    wait_received(page, 1)
    (connection,) = wall.get_json("/connections")["connections"]
    page.evaluate("(id) => fetch(`/connections/${id}`, {method: 'DELETE'})", connection["id"])
    expect(role(page, "connection-state")).to_have_text("Disconnected")
    wall.publish_lines([f"line {n}" for n in range(1000)])

    block_until(lambda: wall.metrics()["eyewall_messages_kept"] < 1000, 50)
    role(page, "state-bar").get_by_role("button").click()
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
    page.wait_for_function("() => eyewall.counters.received + eyewall.counters.missing >= 1001")
    gone = counters(page)["missing"]
    assert gone >= 1
    assert gone + counters(page)["received"] == 1001
    assert page.evaluate("() => eyewall.store.losses.filter(({ mark }) => mark === 'gap').length") == 1
    expect(role(page, "proof")).to_contain_text("missing")


def test_only_resume_ends_a_pause(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(5)])
    open_live(page, wall)
    wait_received(page, 5)
    role(page, "pause").click()
    wall.publish("while paused")
    expect(role(page, "unseen")).to_contain_text("1 new")
    expect(rows(page).filter(has_text="while paused")).to_have_count(0)
    role(page, "unseen").click()
    expect(rows(page).filter(has_text="while paused")).to_have_count(1)
    expect(role(page, "pause")).to_have_text("Resume")
    role(page, "pause").click()
    expect(role(page, "mode-bar")).to_be_hidden()


def test_a_refused_config_names_its_line_on_the_page_and_goes_with_the_repair(
    page: Page, start_wall: StartWall
) -> None:
    wall = start_wall("stream:\n  heartbeat_seconds: 15\n")
    open_live(page, wall)
    wall.config.write_text("stream:\n  hartbeat_seconds: 5\n", "utf-8")
    expect(role(page, "banner")).to_contain_text("config.yaml was not applied.")
    expect(role(page, "banner")).to_contain_text("config.yaml:2:3: stream.hartbeat_seconds: unknown setting")
    wall.config.write_text("stream:\n  heartbeat_seconds: 5\n", "utf-8")
    expect(role(page, "banner")).to_contain_text("config.yaml applied: stream.heartbeat_seconds")


def test_colours_of_a_terminal_are_shown(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    wall.publish("plain \x1b[1;31mred\x1b[0m end")
    red = page.locator(".row .ansi.bold")
    expect(red).to_have_text("red")
    assert red.evaluate("(span) => span.style.color") == "var(--ansi-1)"
    assert texts(page) == ["plain red end"]


def test_a_filter_shows_what_matches_and_says_how_much(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"request {n} took {n} ms" for n in range(100)])
    open_live(page, wall)
    wait_received(page, 100)
    role(page, "filter").fill('"took 9"')
    expect(role(page, "found")).to_have_text("11 of 100")
    wall.publish("it took 9 s")
    expect(role(page, "found")).to_have_text("12 of 101")
    role(page, "filter").fill('"took 9')
    expect(role(page, "filter-error")).to_contain_text("Column 1: unclosed quote.")
    expect(role(page, "found")).to_have_text("12 of 101")


def test_a_level_that_is_off_is_neither_shown_nor_forgotten(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    wall.publish("a note")
    wall.publish("a fault", level="error")
    expect(rows(page)).to_have_count(2)
    role(page, "level-error").click(modifiers=["Control"])
    expect(rows(page)).to_have_count(1)
    role(page, "level-info").click(modifiers=["Control"])
    expect(role(page, "empty")).to_contain_text("1 error is hidden by the level filters.")
    role(page, "empty").get_by_role("button").click()
    expect(rows(page)).to_have_count(2)


ELEMENTS = "() => document.querySelectorAll('*').length"


def test_ten_thousand_messages_arrive_in_order_and_leave_few_elements(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    wall.publish_lines([f"line {n}" for n in range(100)])
    wait_received(page, 100)
    expect(rows(page).filter(has_text=re.compile(r"line 99$"))).to_have_count(1)
    # Of more than the screen holds. Each row has 13 elements; some rows may wait to be reused.
    few = page.evaluate(ELEMENTS) + 30 * 13
    wall.publish_lines([f"line {n}" for n in range(100, 10_000)])
    wait_received(page, 10_000)
    expect(rows(page).filter(has_text=re.compile(r"line 9999$"))).to_have_count(1)
    assert counters(page)["missing"] == 0
    assert counters(page)["repeated"] == 0
    seen = texts(page)
    assert seen == [f"line {n}" for n in range(10_000 - len(seen), 10_000)]
    assert page.evaluate(ELEMENTS) <= few


RIGHT = """(element) => {
    let shown = element;
    for (let at = element; at !== document.body; at = at.parentElement)
        if (['auto', 'scroll'].includes(getComputedStyle(at).overflowX)) shown = at;
    return shown.getBoundingClientRect().right;
}"""


@pytest.mark.parametrize("width", [360, 720, 1440])
def test_nothing_makes_the_page_scroll_sideways(page: Page, wall: Wall, width: int) -> None:
    """720 is what a screen of 1440 has left at 200 % zoom."""
    page.set_viewport_size({"width": width, "height": 740})
    open_live(page, wall)
    # Nothing is cut off, either: what does not fit wraps, or scrolls for itself.
    for part in ("first-run", "filter", "levels", "proof"):
        expect(role(page, part)).to_be_visible()
        assert role(page, part).evaluate(RIGHT) <= width, part
    wall.publish("word " * 500, topic="a" * 64, level="critical")
    expect(rows(page)).to_have_count(1)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
