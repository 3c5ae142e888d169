"""What the page keeps: how much of it, how fast it is searched, and what is read stays where it is."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.figures import HubCollector, Stretch, judged, pace
from tests.browser.parts import counters, open_live, role, rows, wait_received
from tests.wall import StartWall, Wall

LINE = "request {n} took {ms} ms and returned a page of about a hundred bytes in all to the client that asked for it"


def fill(page: Page, wall: Wall, many: int) -> None:
    """Through the log, the stream and the worker, as fast as the page takes it; nothing is lost on the way."""
    size = 50_000
    for first in range(0, many, size):
        before = counters(page)["received"]
        lines = [LINE.format(n=n, ms=n % 997) for n in range(first, min(many, first + size))]
        wall.publish_lines(lines, f"topic.{first // size % 30}")
        page.wait_for_function("(many) => eyewall.counters.received >= many", arg=before + len(lines), timeout=120_000)


def heap(page: Page) -> float:
    """MB in use after a collection, as the engine counts them; `performance.memory` is rounded, and late."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used = float(session.send("Runtime.getHeapUsage")["usedSize"])
    session.detach()
    return used / 1e6


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_million_messages_fit_and_another_million_adds_nothing(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    empty = heap(page)
    fill(page, wall, 1_000_000)
    first = heap(page)
    fill(page, wall, 1_000_000)
    second = heap(page)
    print(f"{empty:.1f} MB empty, {first:.1f} MB after a million, {second:.1f} MB after two")
    assert page.evaluate("() => eyewall.store.live.ring.end - eyewall.store.live.ring.first") >= 100_000
    assert counters(page)["received"] == 2_000_000
    assert counters(page)["missing"] == 0
    assert empty < first <= 80
    assert second <= first * 1.05
    assert page.evaluate("() => document.querySelectorAll('*').length") <= 2500


FILL = """async (many) => {
    const { store } = eyewall;
    const levels = ['debug', 'info', 'warning', 'error', 'critical'];
    for (let at = 0; at < many; at += 5000) {
        const batch = [];
        for (let n = at; n < at + 5000; n++) {
            batch.push({ id: `7-${n + 1}`, time: new Date().toISOString(), topic: `topic.${n % 30}`,
                level: levels[n % 5], message: `request ${n} took ${n % 997} ms and returned a page to a client`,
                data: { status: 200 + (n % 5) * 100, user: { name: `user-${n % 100}` } } });
        }
        const heard = Date.now();
        store.receive('batch', { batch: JSON.stringify(batch), heard, proof: store.proof, left: 0 });
        await new Promise(requestAnimationFrame);
    }
}"""
FILTER = """async (text) => {
    const began = performance.now();
    eyewall.actions.setFilter(text);
    await new Promise((done) => {
        const look = () => {
            const shown = eyewall.store.matching.size;
            if (shown >= 40 || !eyewall.store.matching.scanning) watch.screen ??= performance.now() - began;
            if (eyewall.store.matching.scanning) requestAnimationFrame(look);
            else { watch.ages = [watch.screen, watch.screen, performance.now() - began]; done(); }
        };
        requestAnimationFrame(look);
    });
    watch.last = eyewall.counters.newest;
}"""


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "text", ["took", '"987 ms"', "level:>=error", "topic:topic.2*", "data.status:>=500", "/took 9\\d\\d ms/"]
)
def test_a_filter_over_a_full_memory_shows_at_once(page: Page, wall: Wall, text: str) -> None:
    def run() -> HubCollector:
        open_live(page, wall)
        page.evaluate(FILL, 100_000)
        stretch = Stretch(page)
        page.evaluate(FILTER, text)
        return stretch.end()

    # Here the ages are the first screen (p50) and the end of the scan (p95).
    judged(page, run, lambda figures: figures.p50 <= 50 and figures.p95 <= 400 and figures.longest <= 50)


WATCH_ROWS = """() => {
    const read = [...document.querySelectorAll('.row:not([hidden])')]
        .map((row) => [row.getBoundingClientRect().top, row.querySelector('.cell-text').textContent])
        .sort(([one], [other]) => one - other).slice(4, 10);
    const seen = () => new Map([...document.querySelectorAll('.row:not([hidden])')]
        .map((row) => [row.querySelector('.cell-text').textContent, row.getBoundingClientRect().top]));
    globalThis.moved = { frames: 0, most: 0, gone: 0 };
    const look = () => {
        const now = seen();
        moved.frames += 1;
        for (const [top, text] of read) {
            if (now.has(text)) moved.most = Math.max(moved.most, Math.abs(now.get(text) - top));
            else moved.gone += 1;
        }
        requestAnimationFrame(look);
    };
    look();
}"""


def expect_still(page: Page) -> None:
    """In every frame so far, at least ten, the six rows that are read stood where they had been, to the pixel."""
    page.wait_for_function("() => moved.frames > 10")
    moved = page.evaluate("() => moved")
    assert moved["most"] < 1, moved  # A fraction of a pixel is rounding.
    assert moved["gone"] == 0, moved


def test_rows_that_are_read_do_not_move_while_older_ones_leave_the_memory(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    page.evaluate("() => eyewall.store.set({ ring: '20000' })")
    wall.publish_lines([f"line {n}" for n in range(20_000)])
    wait_received(page, 20_000)
    page.keyboard.press("k")
    expect(role(page, "mode-bar")).to_contain_text("Scrolled back")
    page.evaluate(WATCH_ROWS)
    wall.publish_lines([f"later {n}" for n in range(10_000)])
    wait_received(page, 30_000)
    expect(role(page, "unseen")).to_contain_text("10,000 new")
    # What is read is kept for another fifth; everything before it has gone meanwhile.
    evicted = page.evaluate("() => eyewall.store.live.ring.first")
    assert evicted >= 5_000
    expect_still(page)
    page.keyboard.press("Space")
    expect(role(page, "mode-bar")).to_contain_text("Paused")
    wall.publish_lines([f"last {n}" for n in range(10_000)])
    wait_received(page, 40_000)
    expect(role(page, "unseen")).to_contain_text("20,000 new")
    assert page.evaluate("() => eyewall.store.live.ring.first") >= evicted + 9_000
    expect_still(page)
    role(page, "unseen").click()
    expect(rows(page).filter(has_text=re.compile(r"last 9999$"))).to_have_count(1)
    role(page, "pause").click()
    expect(role(page, "mode-bar")).to_be_hidden()


@pytest.mark.long
@pytest.mark.timeout(200)
def test_rows_that_are_read_for_a_minute_do_not_move_at_a_thousand_a_second(page: Page, start_wall: StartWall) -> None:
    """Half of it scrolled up, half of it paused."""
    wall = start_wall()
    wall.publish_lines([f"line {n}" for n in range(1000)])
    open_live(page, wall)
    wait_received(page, 1000)
    with pace(wall, 1000, 60):
        wait_received(page, 3000)
        page.locator('[data-role="feed"]').hover()
        page.mouse.wheel(0, -1200)
        expect(role(page, "mode-bar")).to_contain_text("Scrolled back")
        page.evaluate(WATCH_ROWS)
        page.wait_for_function("() => eyewall.counters.received >= 31_000", timeout=60_000)
        expect_still(page)
        page.keyboard.press("Space")
        expect(role(page, "mode-bar")).to_contain_text("Paused")
    wait_received(page, 61_000)
    expect_still(page)
    print(page.evaluate("() => moved"))
    assert counters(page)["missing"] == counters(page)["repeated"] == 0
