"""How soon the page says what is wrong, and how soon it is live again: the seconds that the design gives it."""

import re
import signal
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.causes import (
    Cause,
    answers,
    ends,
    goes_offline,
    holds_answers,
    holds_back,
    is_reset,
    is_told_to_leave,
    refuses,
    restarts,
    stalls,
)
from tests.browser.figures import Said, Seconds, heard, judged, listen, pace
from tests.browser.parts import counters, open_live, role, wait_received
from tests.browser.test_nothing_lost import expect_each_once, publishing
from tests.faults import answer, faults_before
from tests.wall import StartWall, Wall

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
PATIENCE = 90_000
COUNTED = re.compile(r"Reconnecting in (\d+) s")


def until_said(page: Page, cause: float, pill: str) -> float:
    """Seconds from a cause to the first words that fit."""
    was_said = "([since, pill]) => said.some(([at, words]) => at >= since && new RegExp(pill).test(words))"
    page.wait_for_function(was_said, arg=[cause, pill], timeout=PATIENCE)
    return next(said.at for said in heard(page, cause) if re.search(pill, said.pill)) - cause


def until_live(page: Page, back: float) -> float:
    return until_said(page, back, "^Live")


def wrong_countdown(said: list[Said]) -> float:
    """By how much the worst count-down was wrong (s): what it said, against when the next attempt was made."""
    worst = 0.0
    for n, one in enumerate(said):
        counted = COUNTED.search(one.bar)
        over = next((later.at for later in said[n:] if later.attempt != one.attempt), None)
        if counted and over:
            worst = max(worst, abs(int(counted[1]) - (over - one.at)))
    return worst


@pytest.mark.parametrize(
    ("cause", "pill", "aim"),
    [
        (answers(answer("502 Bad Gateway")), "^HTTP 502$", 1),
        (answers(answer("503 Service Unavailable", "Retry-After: 1")), "^Server full$", 1),
        (answers(answer("204 No Content")), "^HTTP 204$", 1),
        (answers(answer("401 Unauthorized")), "^HTTP 401$", 1),
        (answers(answer("429 Too Many Requests", "Retry-After: 3")), "^HTTP 429$", 1),
        (answers(answer("200 OK", "Content-Type: text/html", body="<h1>Sign in</h1>")), "^HTTP 200$", 11),
        (refuses, "^Connection lost$", 1),
        (ends, "^Connection lost$", 1),
        (is_reset, "^Connection lost$", 1),
        (restarts, "^Restarting$", 1),
        (stalls, "^Silent", 32),
        (goes_offline, "^Offline$", 1),
        (holds_back, "^Blocked$", 6),
        (holds_answers, "^Connection lost$", 11),
        (is_told_to_leave, "^Disconnected$", 1),
    ],
    ids=[
        "502",
        "full",
        "204",
        "401",
        "429",
        "wrong type",
        "cut",
        "end",
        "reset",
        "restart",
        "stall",
        "offline",
        "held back",
        "no answer",
        "disconnected",
    ],
)
def test_trouble_is_named_in_time(page: Page, start_wall: StartWall, cause: Cause, pill: str, aim: float) -> None:
    def run() -> Seconds:
        wall = start_wall("server:\n  drain_seconds: 0.1\n")
        with faults_before(wall) as faults:
            page.goto(faults.url)
            expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
            listen(page)
            named = until_said(page, cause(page, faults), pill)
            page.context.set_offline(False)
        wall.kill()
        return Seconds(named=(named, aim))

    judged(page, run, lambda seconds: seconds.good)


def test_a_frozen_server_is_called_silent_in_time_and_heals(page: Page, start_wall: StartWall) -> None:
    """With the default heartbeat."""

    def run() -> Seconds:
        wall = start_wall()
        open_live(page, wall)
        listen(page)
        wall.signal(signal.SIGSTOP)
        last = page.evaluate("() => eyewall.store.link.heard") / 1000
        silent = until_said(page, last, "^Silent ")
        thawed = time.time()
        wall.signal(signal.SIGCONT)
        live = until_live(page, thawed)
        wall.kill()
        return Seconds(silent=(silent, 32), live=(live, 2.5))

    judged(page, run, lambda seconds: seconds.good)


def outage(page: Page, wall: Wall, seconds: float) -> tuple[float, float]:
    """Killed for so long while a publisher goes on; how long until live again, and how wrong the count-down was."""
    open_live(page, wall)
    listen(page)
    with publishing(wall) as ids:
        wait_received(page, 20)
        wall.kill()
        killed = time.time()
        page.wait_for_timeout(seconds * 1000)
        wall.start()
        live = until_live(page, time.time())
        said = len(ids)
    head = int(wall.get_json("/messages?limit=1")["head"].split("-")[1])
    page.wait_for_function("(head) => eyewall.counters.received >= head", arg=head)
    expect_each_once(page, head)
    assert head >= said
    assert page.evaluate("() => eyewall.store.losses.map(({ mark, missing }) => [mark, missing])") == [["loss", 0]]
    return live, wrong_countdown(heard(page, killed))


@pytest.mark.parametrize(("seconds", "aim"), [(10, 2.5), (60, 10)])
def test_a_server_killed_under_load_is_live_again_in_time(
    page: Page, start_wall: StartWall, seconds: float, aim: float
) -> None:
    def run() -> Seconds:
        wall = start_wall()
        live, wrong = outage(page, wall, seconds)
        wall.kill()
        return Seconds(live=(live, aim), countdown_wrong_by=(wrong, 1))

    judged(page, run, lambda figures: figures.good)


def test_a_network_cut_for_ten_seconds_is_made_up_for_in_time(page: Page, start_wall: StartWall) -> None:
    """At 100 messages a second: what was missed comes, counted to the last one."""

    def run() -> Seconds:
        wall = start_wall()
        with faults_before(wall) as faults:
            page.goto(faults.url)
            expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
            listen(page)
            with pace(wall, 100, 12):
                wait_received(page, 100)
                lost = refuses(page, faults)
            page.wait_for_timeout(max(0, lost + 10 - time.time()) * 1000)
            before = counters(page)["received"]
            back = time.time()
            faults.delay_seconds = 0.05  # So that the replay can be seen.
            faults.heal()
            live = until_live(page, back)
            wait_received(page, 1200)
            expect_each_once(page, 1200)
            totals = {found[1] for said in heard(page, back) if (found := re.search(r"of ([\d,]+) missed", said.bar))}
            assert totals == {f"{1200 - before:,}"}, (totals, before)
            wrong = wrong_countdown(heard(page, lost))
        wall.kill()
        return Seconds(live=(live, 2.5), countdown_wrong_by=(wrong, 1))

    judged(page, run, lambda figures: figures.good)
