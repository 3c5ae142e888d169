"""Several tabs of one browser: what one has, the next one has at once; and what a tab slept through."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.figures import DRAWN, Seconds, judged
from tests.browser.parts import SLEEP, counters, open_live, role, rows, texts, wait_received
from tests.faults import faults_before
from tests.wall import StartWall, Wall


def test_a_new_tab_paints_from_what_the_browser_has_and_asks_the_server_for_no_message(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(3000)])
    with faults_before(wall) as faults:
        page.goto(faults.url)
        wait_received(page, 1000)
        wall.publish_lines([f"later {n}" for n in range(1000)])
        wait_received(page, 2000)
        asked = len(faults.requests)
        tab = page.context.new_page()
        tab.goto(faults.url)
        wait_received(tab, 2000)
        expect(rows(tab).filter(has_text=re.compile("later 999$"))).to_have_count(1)
        assert texts(tab)[-1] == "later 999"
        paths = {path.split()[1].split("?")[0] for path in faults.requests[asked:]}
        assert "/" in paths
        assert not paths & {"/events", "/messages"}, paths
        assert wall.get_json("/connections")["count"] == 1


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_new_tab_shows_a_thousand_messages_at_once(page: Page, start_wall: StartWall) -> None:
    """No later than the first paint of a cold visit may be."""

    def run() -> Seconds:
        wall = start_wall()
        wall.publish_lines([f"line {n}" for n in range(1000)])
        open_live(page, wall)
        wait_received(page, 1000)
        tab = page.context.new_page()
        tab.add_init_script(f"({DRAWN})()")
        tab.goto(wall.url)
        tab.wait_for_function("() => globalThis.drawnAt")
        took = tab.evaluate("() => drawnAt") / 1000
        tab.close()
        wall.kill()
        return Seconds(drawn=(took, 0.4))

    judged(page, run, lambda seconds: seconds.good)


def test_what_a_tab_slept_through_and_cannot_be_fetched_is_one_row_with_its_count(page: Page, wall: Wall) -> None:
    page.add_init_script(SLEEP)
    wall.publish_lines([f"line {n}" for n in range(10)])
    open_live(page, wall)
    wait_received(page, 10)
    page.evaluate("() => { globalThis.asleep = true; }")
    awake = page.context.new_page()
    open_live(awake, wall)
    wall.publish_lines([f"line {n}" for n in range(10, 25_000)])
    expect(rows(awake).filter(has_text="line 24999")).to_have_count(1, timeout=60_000)
    awake.close()
    page.route(re.compile("/messages"), lambda route: route.abort())
    page.evaluate("() => { globalThis.asleep = false; for (const post of held) post(); }")
    asleep = role(page, "mark-asleep")
    page.wait_for_function(
        "() => eyewall.store.live.ring.get(eyewall.store.live.ring.end - 1).message === 'line 24999'"
    )
    page.keyboard.press("Home")
    expect(asleep).to_have_count(1)
    # Those that were drawn before it slept, those that the row counts, and those that the worker still had: all.
    received = counters(page)["received"]
    missing = f"{25_000 - received:,}"
    expect(asleep).to_contain_text(f"{missing} messages arrived while this tab was asleep.")
    expect(asleep.get_by_role("button")).to_have_text("Try again")
    page.unroute_all()
    asleep.get_by_role("button").click()
    page.wait_for_function("() => eyewall.store.live.held === 25000")
    expect(asleep).to_have_count(0)


def end_worker(page: Page, wall: Wall) -> None:
    """As if its process had ended: without any event."""
    assert page.context.browser is not None
    browser = page.context.browser.new_browser_cdp_session()
    targets = browser.send("Target.getTargets")["targetInfos"]
    (worker,) = [each for each in targets if each["type"] == "shared_worker" and each["url"].startswith(wall.url)]
    assert browser.send("Target.closeTarget", {"targetId": worker["targetId"]})["success"]
    browser.detach()


def test_a_tab_whose_worker_is_gone_says_so_and_gets_another_at_a_click(page: Page, start_wall: StartWall) -> None:
    wall = start_wall("stream:\n  heartbeat_seconds: 1\n")
    open_live(page, wall)
    wall.publish("before")
    expect(rows(page)).to_have_count(1)
    end_worker(page, wall)
    expect(role(page, "connection-state")).to_have_text(re.compile(r"^Silent \d+ s$"))
    expect(role(page, "state-bar")).to_contain_text("nothing has arrived for")
    expect(role(page, "proof")).to_contain_text("complete until")
    expect(role(page, "connection-count")).to_have_text("– viewers")
    wall.publish("meanwhile")
    role(page, "state-bar").get_by_role("button", name="Reconnect").click()
    # The worker is given twenty seconds to answer.
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live"), timeout=50_000)
    expect(rows(page)).to_have_count(2)
