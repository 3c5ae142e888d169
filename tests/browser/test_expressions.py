"""A regular expression is tested in a worker: whatever it costs, the page goes on."""

import re
from urllib.parse import quote

from playwright.sync_api import Page, expect

from tests.browser.parts import open_live, role, rows, wait_received
from tests.wall import Wall

EXPONENTIAL = "/(a+)+$/"
SLOW_TEXT = f"GET /{'a' * 40}!"


def test_an_expression_of_exponential_cost_in_a_link_freezes_nothing(page: Page, wall: Wall) -> None:
    wall.publish(SLOW_TEXT)
    page.goto(f"{wall.url}/?q={quote(EXPONENTIAL)}")
    expect(role(page, "filter-error")).to_contain_text("was stopped, because it took longer than 100 ms.")
    expect(role(page, "filter-error")).to_contain_text("Messages that were not tested are not shown.")
    expect(rows(page)).to_have_count(0)
    role(page, "filter").fill("/^get/")
    expect(rows(page)).to_have_count(1)
    expect(role(page, "filter-error")).to_have_text("")


def test_what_an_expression_finds_is_shown_and_pointed_out(page: Page, wall: Wall) -> None:
    """Also in what arrives later, and in history."""
    wall.publish_lines([f"took {n} ms" for n in range(1200)])
    open_live(page, wall)
    wait_received(page, 1000)
    role(page, "filter").fill(r"/took (1|7)77 ms$/")
    expect(rows(page)).to_have_count(1)
    expect(role(page, "found")).to_have_text(re.compile("^1 of "))
    assert page.locator(".row mark").all_text_contents() == ["took 777 ms"]
    wall.publish("this took 177 ms")
    wall.publish("this took 178 ms")
    expect(rows(page)).to_have_count(2)
    assert page.locator(".row mark").all_text_contents()[-1] == "took 177 ms"
    page.evaluate("() => void eyewall.actions.searchHistory()")
    expect(role(page, "found")).to_have_text("3 loaded")


def test_messages_that_arrive_while_a_filter_was_stopped_do_not_freeze_it_again(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    role(page, "filter").fill(EXPONENTIAL)
    wall.publish("aaa")
    expect(role(page, "found")).to_have_text("1 of 1")
    wall.publish(SLOW_TEXT)
    expect(role(page, "filter-error")).to_contain_text("was stopped")
    wall.publish("aaaa")
    wait_received(page, 3)
    expect(rows(page)).to_have_count(1)


def test_without_a_worker_an_expression_that_could_be_slow_is_refused(page: Page, wall: Wall) -> None:
    page.add_init_script("globalThis.Worker = undefined;")
    wall.publish(SLOW_TEXT)
    open_live(page, wall)
    role(page, "filter").fill(EXPONENTIAL)
    expect(role(page, "filter-error")).to_contain_text("could take too long")
    expect(rows(page)).to_have_count(0)
    role(page, "filter").fill("/^get .a+/")
    expect(rows(page)).to_have_count(1)
