"""What a visit costs, counted: nothing here depends on how fast the machine is."""

import urllib.request
from contextlib import ExitStack

from playwright.sync_api import Page, expect

from tests.browser.parts import open_live, role, rows, wait_received
from tests.wall import Wall


def test_a_first_visit_is_few_requests_all_to_its_own_server(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(1000)])
    requests: list[str] = []
    page.context.on("request", lambda request: requests.append(request.url))
    open_live(page, wall)
    wait_received(page, 1000)
    expect(rows(page).filter(has_text="line 999")).to_have_count(1)
    assert len(requests) <= 10, requests
    assert all(url.startswith(f"{wall.url}/") for url in requests)


def test_the_rate_is_of_what_is_said_now(page: Page, wall: Wall) -> None:
    """A log full of old messages is no traffic."""
    old = "() => eyewall.store.rate(Date.now() + 3_600_000)"
    wall.publish_lines([f"line {n}" for n in range(1000)])
    open_live(page, wall)
    wait_received(page, 1000)
    assert page.evaluate(old) == {"perSecond": 0, "perMinute": 0}
    # By the server's clock, as far as it is known: a second that began there has not begun here at once.
    page.wait_for_function("() => eyewall.store.rate(Date.now()).perMinute === 1000")


def test_what_has_not_changed_is_not_sent_again(page: Page, wall: Wall) -> None:
    """Revalidated on every visit: what has not changed is not sent again, what has changed is."""
    open_live(page, wall)
    page.reload()
    expect(role(page, "connection-state")).to_contain_text("Live")
    cached = page.evaluate(
        """() => performance.getEntriesByType('resource')
            .filter(({ name }) => /(app|theme)\\.js$|style\\.css$/.test(name))
            .map(({ transferSize }) => transferSize)"""
    )
    assert len(cached) == 3
    # Only the head of a 304 crosses the wire.
    assert all(0 < sent < 1000 for sent in cached), cached


def test_the_header_and_the_topics_say_the_same(page: Page, wall: Wall) -> None:
    """And while the stream is down neither says anything: what was is no claim about what is."""
    open_live(page, wall)
    rate = role(page, "rate")
    topics = role(page, "topics")
    expect(rate).to_have_text("0 msg/min")
    for n in range(3):
        wall.publish(f"message {n}", topic="only")
    expect(rate).to_have_text("3 msg/min")
    expect(topics.locator(".topic .number")).to_have_text(["3", "3"])
    wall.kill()
    expect(rate).to_have_text("– msg/s")
    expect(topics.locator(".topic .number").first).to_have_text("–")
    expect(role(page, "connection-count")).to_have_text("– viewers")
    expect(role(page, "proof")).to_contain_text("complete until ")
    wall.start()
    expect(rate).to_contain_text("msg/")
    expect(role(page, "connection-count")).to_have_text("1 viewer")
    expect(role(page, "proof")).to_contain_text("no gaps since ")


def test_hundreds_of_connections_are_a_few_hundred_rows(page: Page, wall: Wall) -> None:
    """The rest is counted, and shown by a click."""
    with ExitStack() as streams:
        for _ in range(320):
            streams.enter_context(urllib.request.urlopen(f"{wall.url}/events"))
        open_live(page, wall)
        expect(role(page, "connection-count")).to_have_text("321 viewers")
        page.keyboard.press("]")
        expect(role(page, "who")).to_contain_text("300 of 321 shown")
        expect(role(page, "connection")).to_have_count(300)
        role(page, "more-connections").click()
        expect(role(page, "connection")).to_have_count(321)
        expect(role(page, "who")).not_to_contain_text("shown")
