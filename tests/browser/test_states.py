"""Each thing that can be wrong with the stream is named in words, and heals by itself."""

import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.figures import listen
from tests.browser.parts import counters, open_live, role, rows, wait_received
from tests.faults import Faults, answer, faults_before
from tests.wall import StartWall, Wall

# Words may take as long as the table of the design gives them, and a machine that is busy as long again.
SOON = 10_000
UNANSWERED = 25_000


def long(*values: object) -> object:
    return pytest.param(*values, marks=pytest.mark.long)


@pytest.fixture
def faults(start_wall: StartWall) -> Iterator[Faults]:
    """A wall with a heartbeat every second, behind a proxy with faults."""
    with faults_before(start_wall("stream:\n  heartbeat_seconds: 1\n")) as faults:
        yield faults


def open_through(page: Page, faults: Faults) -> None:
    page.goto(faults.url)
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
    listen(page)


def expect_state(page: Page, pill: str, bar: str, timeout: float = SOON) -> None:
    """Both at once, on a page that is listened to: some of it stands for less than a second."""
    were_said = "(both) => said.some(([, ...words]) => both.every((each, i) => new RegExp(each).test(words[i])))"
    page.wait_for_function(were_said, arg=[pill, bar], timeout=timeout)


def expect_healed(page: Page, faults: Faults) -> None:
    """Live again without a click, and what was said meanwhile is there once."""
    before = counters(page)["received"]
    faults.wall.publish("meanwhile")
    faults.heal()
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
    expect(role(page, "state-bar")).to_be_hidden()
    wait_received(page, before + 1)
    assert counters(page)["missing"] == counters(page)["repeated"] == 0


@pytest.mark.parametrize(
    ("said", "pill", "bar"),
    [
        (answer("502 Bad Gateway"), "^HTTP 502$", r"answered 502\. Reconnecting (in \d+ s|now)"),
        long(answer("204 No Content"), "^HTTP 204$", r"The server, or a proxy before it, answered 204\."),
        long(answer("401 Unauthorized"), "^HTTP 401$", r"answered 401\. Reconnecting"),
        long(answer("429 Too Many Requests", "Retry-After: 3"), "^HTTP 429$", r"answered 429\. Reconnecting in [34] s"),
        (
            answer("503 Service Unavailable", "Retry-After: 3"),
            "^Server full$",
            r"limit of connections\. Reconnecting in [34] s",
        ),
    ],
    ids=["502", "204", "401", "429", "503"],
)
def test_an_answer_that_is_no_stream_is_named(page: Page, faults: Faults, said: bytes, pill: str, bar: str) -> None:
    open_through(page, faults)
    faults.answer = said
    faults.cut()
    expect_state(page, pill, bar)
    expect(role(page, "state-bar").get_by_role("button")).to_have_text("Retry now")
    expect_healed(page, faults)


def test_a_page_in_place_of_the_stream_is_named(page: Page, faults: Faults) -> None:
    open_through(page, faults)
    faults.answer = answer("200 OK", "Content-Type: text/html; charset=utf-8", body="<h1>Sign in</h1>")
    faults.cut()
    expect_state(page, "^HTTP 200$", r"answered with text/html instead of a stream\.", UNANSWERED)
    expect_healed(page, faults)


def test_a_stream_that_is_held_back_is_named(page: Page, faults: Faults) -> None:
    open_through(page, faults)
    faults.holds_bodies = True
    faults.cut()
    expect_state(page, "^Blocked$", r"A proxy or virus scanner may be buffering the stream", UNANSWERED)
    expect_healed(page, faults)


def test_a_server_that_does_not_answer_is_asked_for(page: Page, faults: Faults) -> None:
    faults.holds_answers = True
    page.goto(faults.url)
    listen(page)
    expect_state(page, "^Connecting…$", r"Still connecting\. Is the server at 127\.0\.0\.1:\d+ running\?")
    expect_healed(page, faults)


def test_a_server_that_falls_silent_is_not_called_live(page: Page, faults: Faults) -> None:
    open_through(page, faults)
    faults.wall.signal(signal.SIGSTOP)
    try:
        expect_state(page, r"^Silent \d+ s$", r"nothing has arrived for \d+ s, not even a heartbeat\.")
    finally:
        faults.wall.signal(signal.SIGCONT)
    expect_healed(page, faults)


def test_a_device_that_is_offline_is_called_so(page: Page, faults: Faults) -> None:
    open_through(page, faults)
    faults.refuses = True
    page.context.set_offline(True)
    faults.cut()
    expect_state(page, "^Offline$", r"This device has no network\. Reconnecting as soon as it is back\.")
    faults.heal()
    page.context.set_offline(False)
    expect_healed(page, faults)


def test_a_slow_network_loses_nothing(page: Page, faults: Faults) -> None:
    faults.delay_seconds = 0.05
    open_through(page, faults)
    faults.wall.publish_lines([f"line {n}" for n in range(500)])
    wait_received(page, 500)
    faults.refuses = True  # Until all is published: what comes after the reconnect is no replay.
    faults.cut()
    faults.wall.publish_lines([f"later {n}" for n in range(500)])
    faults.heal()
    wait_received(page, 1000)
    assert counters(page)["missing"] == counters(page)["repeated"] == 0
    page.wait_for_function("() => eyewall.store.losses.length > 0")
    assert page.evaluate("() => eyewall.store.losses.map(({ replayed, missing }) => [replayed, missing])") == [[500, 0]]


def test_a_new_version_is_offered_and_a_slow_browser_is_told(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    page.evaluate("() => eyewall.store.receive('heartbeat', { time: new Date().toISOString(), version: '99' })")
    expect(role(page, "banner")).to_contain_text("The server was updated to 99. Your filters are kept.")
    old = """() => {
        eyewall.store.receive('link', { ...eyewall.store.link, since: 0 });
        const time = new Date(Date.now() - 8500).toISOString();
        const id = `${eyewall.store.begin.epoch}-999`;
        const batch = JSON.stringify([{ id, time, topic: 'a', level: 'info', message: 'late' }]);
        eyewall.store.receive('batch', { batch, heard: Date.now(), proof: eyewall.store.proof, left: 0 });
    }"""
    page.evaluate(old)
    expect(role(page, "connection-state")).to_have_text("8 s behind")
    expect(role(page, "state-bar")).to_contain_text("This browser is 8 s behind and catching up. No messages are lost.")
    expect(rows(page)).to_have_count(1)
    # One late message and then nothing says nothing of now.
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
    expect(role(page, "state-bar")).to_be_hidden()


def test_a_slower_heartbeat_is_no_silence(page: Page, start_wall: StartWall) -> None:
    """Open pages learn the new pace with the change, not with the next beat at it."""
    wall = start_wall("stream:\n  heartbeat_seconds: 1\n")
    open_live(page, wall)
    wall.config.write_text("stream:\n  heartbeat_seconds: 45\n", "utf-8")
    expect(role(page, "banner")).to_contain_text("config.yaml applied: stream.heartbeat_seconds")
    # Three of the old beats would have been the end.
    expect(role(page, "connection-state")).to_have_text(re.compile(r"^Live ([4-9]|\d\d) s$"))
    assert page.evaluate("() => eyewall.store.losses") == []


def test_a_count_down_is_seen_by_the_second_and_heard_once(page: Page, faults: Faults) -> None:
    open_through(page, faults)
    page.evaluate(
        """() => {
        const bars = document.querySelector('[data-role="bars"]');
        globalThis.told = { seen: new Set(), heard: [] };
        const status = bars.querySelector('.unheard[role="status"]');
        new MutationObserver(() => told.heard.push(status.textContent))
            .observe(status, { subtree: true, childList: true, characterData: true });
        const look = () => told.seen.add(bars.querySelector('[data-role="state-bar"] .bar-text').textContent);
        new MutationObserver(look).observe(bars, { subtree: true, childList: true, characterData: true });
    }"""
    )
    faults.answer = answer("503 Service Unavailable", "Retry-After: 4")
    faults.cut()
    page.wait_for_function("() => [...told.seen].filter((each) => each.includes('limit of connections')).length > 2")
    assert [each for each in page.evaluate("() => told.heard") if "limit of connections" in each][1:] == []
    expect(role(page, "bars").locator('[role="status"]:has-text("limit of connections")')).to_have_count(1)
    expect_healed(page, faults)


def test_without_a_shared_worker_the_tab_reads_by_itself(page: Page, wall: Wall) -> None:
    page.add_init_script("delete globalThis.SharedWorker")
    open_live(page, wall)
    wall.publish("read by the tab itself")
    expect(rows(page)).to_have_count(1)
    wall.restart()
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
    wall.publish("and after a restart")
    expect(rows(page)).to_have_count(2)


def test_a_tab_that_comes_later_knows_its_own_connection(page: Page, start_wall: StartWall) -> None:
    wall = start_wall("stream:\n  heartbeat_seconds: 1\n")
    open_live(page, wall)
    own = page.evaluate("() => eyewall.store.connection")
    page.wait_for_function(
        "() => eyewall.store.link.heard - (globalThis.first ??= eyewall.store.link.heard) > 1500", timeout=20_000
    )
    later = page.context.new_page()
    open_live(later, wall)
    assert later.evaluate("() => eyewall.store.connection") == own != ""
    assert later.evaluate("() => eyewall.store.version") == page.evaluate("() => eyewall.store.version") != ""
    role(later, "connection-count").click()
    expect(role(later, "connection")).to_contain_text("this page")
