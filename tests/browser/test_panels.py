"""What is opened beside the feed and over it."""

import signal
import urllib.request
from contextlib import ExitStack

from playwright.sync_api import Page, expect

from tests.browser.parts import open_live, role, rows
from tests.waiting import block_until
from tests.wall import Wall


def test_a_row_is_chosen_and_read_by_keys_alone(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    wall.publish("first", topic="api", level="error", data={"status": 504})
    wall.publish("second", topic="db")
    expect(rows(page)).to_have_count(2)
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    expect(role(page, "details")).to_contain_text("first")
    expect(role(page, "details")).to_contain_text("504")
    page.keyboard.press("j")
    expect(role(page, "details")).to_contain_text("second")
    page.keyboard.press("f")
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("Escape")
    expect(role(page, "panel")).to_be_hidden()


def test_back_closes_what_was_opened(page: Page, wall: Wall) -> None:
    """On a phone, where the details cover the page, nothing else is tried first."""
    open_live(page, wall)
    wall.publish("open me")
    rows(page).first.click()
    expect(role(page, "details")).to_contain_text("open me")
    page.go_back()
    expect(role(page, "panel")).to_be_hidden()
    assert page.url == f"{wall.url}/"


def test_a_value_of_the_details_becomes_the_filter(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    for status in (200, 504, 504):
        wall.publish("request", data={"status": status})
    expect(rows(page)).to_have_count(3)
    rows(page).filter(has_text="504").first.click()
    role(page, "details").locator(".tree .fact").get_by_title("Only this").click(force=True)
    expect(rows(page)).to_have_count(2)
    expect(role(page, "filter")).to_have_value("data.status:504")


def test_the_address_says_what_is_shown(page: Page, wall: Wall) -> None:
    wall.publish("one timeout", topic="api")
    wall.publish("another", topic="db")
    page.goto(f"{wall.url}/?q=timeout&levels=info,error")
    expect(rows(page)).to_have_count(1)
    expect(role(page, "filter")).to_have_value("timeout")
    role(page, "filter").fill("")
    expect(rows(page)).to_have_count(2)
    page.wait_for_url(lambda url: "q=" not in url and "levels=info%2Cerror" in url)


def test_whoever_is_connected_can_be_disconnected(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    page.keyboard.press("]")
    own = role(page, "connection")
    expect(own).to_contain_text("this page")
    own.get_by_role("button").click()
    expect(own).to_contain_text("may reconnect automatically")
    role(page, "disconnect").click()
    expect(role(page, "connection-state")).to_have_text("Disconnected")


def test_who_is_sorted_by_any_column_both_ways(page: Page, wall: Wall) -> None:
    """Three readers that differ in everything but the address; what the rows say stands in order of it."""
    open_live(page, wall)
    queries = {"curl/8.5.0": "?topic=b", "Python-urllib/3.11": "?topic=a&last=100", "zebra": "?level=error"}
    with ExitStack() as stack:
        for agent, query in queries.items():
            wall.publish("one more")
            request = urllib.request.Request(f"{wall.url}/events{query}", headers={"User-Agent": agent})
            stack.enter_context(urllib.request.urlopen(request, timeout=20)).read(1)
        # Readers that are catching up come before all others.
        block_until(lambda: {who["state"] for who in wall.get_json("/connections")["connections"]} == {"live"})
        page.keyboard.press("]")
        expect(role(page, "connection")).to_have_count(4)
        facts = {who["client"]: who for who in wall.get_json("/connections")["connections"]}
        names = [name for name in facts if "Chrome" in name] + list(queries)

        def shown() -> list[str]:
            """By the client's full name, from the top."""
            found: list[str] = page.evaluate(
                """() => [...document.querySelectorAll('[data-role="connection"]')]
                    .map((card) => card.querySelector('.client').title)"""
            )
            return found

        # Since when: as they came, and the other way.
        assert shown() == names
        way = role(page, "who").locator(".sorting button")
        expect(way).to_have_attribute("aria-label", "Ascending")
        for column, expected in {
            "since": names,
            "client": ["curl/8.5.0", names[0], "Python-urllib/3.11", "zebra"],
            "filter": [names[0], "zebra", "Python-urllib/3.11", "curl/8.5.0"],
        }.items():
            role(page, "who").get_by_label("Sort by").select_option(column)
            assert shown() == expected, column
            way.click()
            expect(way).to_have_attribute("aria-label", "Descending")
            assert shown() == expected[::-1], column
            way.click()
        way.click()
        for column in ("sent", "address", "state"):
            role(page, "who").get_by_label("Sort by").select_option(column)
            values = [facts[name][column] for name in shown()]
            assert values == sorted(values, reverse=True), column


def test_who_is_there_is_not_shown_as_nobody_before_it_is_known(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    wall.signal(signal.SIGSTOP)
    try:
        page.keyboard.press("]")
        expect(role(page, "who")).to_be_visible()
        expect(role(page, "who").locator("ul")).to_be_hidden()
    finally:
        wall.signal(signal.SIGCONT)
    expect(role(page, "connection")).to_have_count(1)
    expect(role(page, "who").locator("ul")).to_be_visible()


def test_keys_typed_into_a_field_are_text(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    page.keyboard.press("/")
    page.keyboard.type("p?d1")
    expect(role(page, "filter")).to_have_value("p?d1")
    expect(role(page, "publish")).to_be_hidden()
    expect(role(page, "dialog-help")).to_be_hidden()


def test_settings_hold_for_the_next_visit(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    page.keyboard.press("d")
    page.keyboard.press("d")
    expect(page.locator('html[data-theme="dark"]')).to_have_count(1)
    page.reload()
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(10, 11, 14)"
