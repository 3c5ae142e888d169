"""Whatever happens to the server or the browser: each message once, in order, or a row that says which are missing."""

import re
import threading
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect

from tests.browser.parts import counters, launch, open_live, role, rows, wait_received
from tests.faults import faults_before
from tests.wall import StartWall, Wall

IDS = """() => {
    const { ring } = eyewall.store.live;
    const ids = [];
    for (let n = ring.first; n < ring.end; n++) if (ring.get(n).id) ids.push(Number(ring.get(n).id.split('-')[1]));
    return ids;
}"""
BARS = """() => {
    globalThis.said = new Set();
    const bar = document.querySelector('[data-role="state-bar"]');
    const look = () => said.add(bar.textContent);
    new MutationObserver(look).observe(bar, { subtree: true, childList: true, characterData: true });
}"""


def expect_each_once(page: Page, last: int) -> None:
    page.wait_for_function(
        "(last) => eyewall.store.live.ring.get(eyewall.store.live.ring.end - 1) !== undefined", arg=last
    )
    ids = page.evaluate(IDS)
    assert ids == list(range(ids[0], last + 1))
    assert counters(page)["missing"] == counters(page)["repeated"] == 0


@contextmanager
def publishing(wall: Wall) -> Iterator[list[str]]:
    """A publisher that does not give up, as fast as answers come; the ids it got."""
    ids: list[str] = []
    is_over = threading.Event()

    def publish() -> None:
        while not is_over.is_set():
            try:
                ids.append(wall.publish(f"message {len(ids)}"))
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                is_over.wait(0.05)

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield ids
    finally:
        is_over.set()
        thread.join()


def test_a_server_killed_under_load_is_waited_for_and_nothing_is_missing(page: Page, start_wall: StartWall) -> None:
    wall = start_wall()
    with faults_before(wall) as faults:
        page.goto(faults.url)
        expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
        page.evaluate(BARS)
        with publishing(wall) as ids:
            wait_received(page, 20)
            wall.kill()
            faults.refuses = True
            expect(role(page, "state-bar")).to_contain_text(re.compile(r"\(attempt [3-9]\)"))
            wall.start()
            said = len(ids)
        wall.publish_lines([f"line {n}" for n in range(8_000)])
        faults.delay_seconds = 0.3  # Until the replay has been seen.
        faults.heal()
        page.wait_for_function("() => [...said].some((each) => each.startsWith('Catching up'))", timeout=60_000)
        faults.delay_seconds = 0
        expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
        head = int(wall.get_json("/messages?limit=1")["head"].split("-")[1])
        page.wait_for_function("(head) => eyewall.counters.received >= head", arg=head)
        expect_each_once(page, head)
        assert head >= said + 8_000
        said_by_the_bar = " ".join(page.evaluate("() => [...said]"))
        assert re.search(r"Reconnecting in \d s", said_by_the_bar)
        assert re.search(r"Catching up: [\d,]+ of [\d,]+ missed messages\.", said_by_the_bar)
        assert page.evaluate("() => eyewall.store.losses.map(({ mark, missing }) => [mark, missing])") == [["loss", 0]]


def test_a_new_log_is_one_row_that_says_that_nobody_knows(page: Page, start_wall: StartWall) -> None:
    wall = start_wall("log:\n  path: first.db\n")
    wall.publish("in the old log")
    open_live(page, wall)
    wait_received(page, 1)
    wall.kill()
    wall.config.write_text("log:\n  path: second.db\n", "utf-8")
    wall.start()
    wall.publish("in the new log")
    gap = role(page, "mark-gap")
    expect(gap).to_have_count(1)
    expect(gap).to_contain_text(
        re.compile(r"The server’s database was replaced at [\d:]+\. How many messages are missing is unknown\.")
    )
    expect(rows(page).filter(has_text="in the new log")).to_have_count(1)
    expect(role(page, "proof")).to_contain_text("messages missing")


def test_twelve_tabs_of_a_plain_address_are_one_connection(page: Page, start_wall: StartWall) -> None:
    """Six would be all that a browser opens to one origin; and neither locks nor service workers are there."""
    wall = start_wall("server:\n  allowed_hosts: [wall.test]\n")
    browser = launch(page, "--host-resolver-rules=MAP wall.test 127.0.0.1")
    try:
        context = browser.new_context()
        tabs = [context.new_page() for _ in range(12)]
        for tab in tabs:
            tab.goto(f"http://wall.test:{wall.port}")
        for tab in tabs:
            expect(role(tab, "connection-state")).to_have_text(re.compile("^Live"))
        assert tabs[0].evaluate("() => isSecureContext") is False
        assert wall.get_json("/connections")["count"] == 1
        for n, tab in enumerate(list(tabs)[:-1]):
            wall.publish_lines([f"line {n}.{i}" for i in range(50)])
            tab.close()
        wait_received(tabs[-1], 50 * 11)
        assert counters(tabs[-1])["received"] == 550
        assert counters(tabs[-1])["missing"] == counters(tabs[-1])["repeated"] == 0
        assert tabs[-1].evaluate("() => eyewall.store.losses") == []
    finally:
        browser.close()
