"""The acceptance figures of the page. What depends on the machine is judged only where the machine is quiet.

A blank page is watched first: if it does not get its frames, only counts are judged. The best of three runs counts.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.figures import Figures, Stretch, judged, pace
from tests.browser.parts import counters, open_live, role, wait_received
from tests.wall import StartWall, Wall

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
IN_ORDER = """() => {
    const { ring } = eyewall.store.live;
    let last = 0;
    for (let n = ring.first; n < ring.end; n++) {
        const entry = ring.get(n);
        if (!entry.id) continue;
        const seq = Number(entry.id.split('-')[1]);
        if (last && seq !== last + 1) return `${last} then ${seq}`;
        last = seq;
    }
    return last;
}"""


@pytest.mark.parametrize(
    ("per_second", "seconds", "fps", "busy", "longest"), [(1000, 60, 55, 0.35, 100), (5000, 30, 50, 0.40, 200)]
)
def test_a_stream_of_messages_is_drawn_smoothly(
    page: Page, start_wall: StartWall, per_second: int, seconds: int, fps: float, busy: float, longest: float
) -> None:
    def run() -> Figures:
        wall = start_wall()
        open_live(page, wall)
        stretch = Stretch(page)
        with pace(wall, per_second, seconds):
            pass
        figures = stretch.end()
        wait_received(page, per_second * seconds)
        assert counters(page)["received"] == per_second * seconds
        assert counters(page)["missing"] == counters(page)["repeated"] == 0
        assert page.evaluate(IN_ORDER) == per_second * seconds
        wall.kill()
        return figures

    def good(figures: Figures) -> bool:
        is_prompt = per_second > 1000 or (figures.p50 <= 60 and figures.p95 <= 150)
        return figures.fps >= fps and figures.busy <= busy and figures.longest <= longest and is_prompt

    judged(page, run, good)


def test_a_flood_leaves_the_page_answering_keys(page: Page, start_wall: StartWall) -> None:
    def run() -> Figures:
        wall = start_wall()
        open_live(page, wall)
        stretch = Stretch(page)
        with pace(wall, 20_000, 10) as publisher:
            while publisher.is_alive():
                page.keyboard.press("t")
                page.wait_for_timeout(1000)
        figures = stretch.end()
        page.wait_for_function(
            "(many) => eyewall.counters.received + eyewall.counters.missing >= many", arg=200_000, timeout=60_000
        )
        assert counters(page)["received"] + counters(page)["missing"] == 200_000
        wall.kill()
        return figures

    judged(page, run, lambda figures: figures.slowest_key <= 200)


FILL = """async (many) => {
    const { store } = eyewall;
    const from = globalThis.fed ?? 0;
    const levels = ['debug', 'info', 'warning', 'error', 'critical'];
    for (let at = from; at < from + many; at += 5000) {
        const batch = [];
        for (let n = at; n < at + 5000; n++) {
            batch.push({ id: `7-${n + 1}`, time: new Date().toISOString(), topic: `topic.${n % 30}`,
                level: levels[n % 5], message: `request ${n} took ${n % 997} ms and returned a page to somebody`,
                data: { status: 200 + (n % 5) * 100, user: { name: `user-${n % 100}` } } });
        }
        const heard = Date.now();
        store.hear('batch', { batch: JSON.stringify(batch), heard, proof: store.proof, left: 0 }, heard);
        await new Promise(requestAnimationFrame);
    }
    globalThis.fed = from + many;
}"""


def heap(page: Page) -> float:
    """MB in use after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    return float(page.evaluate("() => performance.memory.usedJSHeapSize")) / 1e6


def test_a_million_messages_fit_and_another_million_adds_nothing(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    page.evaluate(FILL, 1_000_000)
    first = heap(page)
    page.evaluate(FILL, 1_000_000)
    second = heap(page)
    print(f"{first:.1f} MB, then {second:.1f} MB")  # noqa: T201
    assert first <= 80
    assert second <= first * 1.05
    assert page.evaluate("() => document.querySelectorAll('*').length") <= 2500


@pytest.mark.parametrize(
    "text", ["took", '"987 ms"', "level:>=error", "topic:topic.2*", "data.status:>=500", "/took 9\\d\\d ms/"]
)
def test_a_filter_over_a_full_memory_shows_at_once(page: Page, wall: Wall, text: str) -> None:
    def run() -> Figures:
        open_live(page, wall)
        page.evaluate(FILL, 100_000)
        stretch = Stretch(page)
        page.evaluate(
            """async (text) => {
                const began = performance.now();
                document.dispatchEvent(new CustomEvent('filter', { detail: text }));
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
            }""",
            text,
        )
        return stretch.end()

    # Here the ages are the first screen (p50) and the end of the scan (p95).
    judged(page, run, lambda figures: figures.p50 <= 50 and figures.p95 <= 400 and figures.longest <= 50)


def test_a_cold_visit_shows_a_thousand_messages_soon(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n} of the log" for n in range(1000)])
    drawn = """() => {
        const look = () => {
            if (globalThis.eyewall?.counters.received >= 1000 && document.querySelector('[data-role=message]'))
                globalThis.drawnAt = performance.now();
            else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
    }"""
    best = 1e9
    for _ in range(5):
        assert page.context.browser is not None
        context = page.context.browser.new_context()
        cold = context.new_page()
        cold.add_init_script(f"({drawn})()")
        cold.goto(wall.url)
        cold.wait_for_function("() => globalThis.drawnAt")
        took = cold.evaluate("() => [performance.getEntriesByName('first-contentful-paint')[0].startTime, drawnAt]")
        print(f"first paint {took[0]:.0f} ms, 1000 messages {took[1]:.0f} ms")  # noqa: T201
        best = min(best, took[1])
        context.close()
    assert best <= 600


BROKEN = [
    ("stream:\n  hartbeat_seconds: 5\n", 2, "did you mean"),
    ("stream:\n  heartbeat_seconds: soon\n", 2, "heartbeat_seconds"),
    ("stream:\n  heartbeat_seconds: 1000\n", 2, "heartbeat_seconds"),
    ("stream:\n  heartbeat_seconds: -1\n", 2, "heartbeat_seconds"),
    ("stream: 7\n", 1, "stream"),
    ("streem:\n  heartbeat_seconds: 5\n", 1, "did you mean"),
    ("stream:\n  heartbeat_seconds: [1, 2]\n", 2, "heartbeat_seconds"),
    ("stream:\n\theartbeat_seconds: 5\n", 2, ""),
    ("stream: {heartbeat_seconds: 5\n", 2, ""),
    ("log:\n  keep_messages: many\n", 2, "keep_messages"),
    ("log:\n  keep_for: fortnight\n", 2, "keep_for"),
    ("publish:\n  max_message_bytes: 1XB\n", 2, "max_message_bytes"),
    ("sources:\n  - kind: horoscope\n", 2, "kind"),
    ("dashboard:\n  title: 7\n  titel: x\n", 3, "did you mean"),
    ("logging:\n  level: loud\n", 2, "level"),
]


def test_a_config_broken_in_fifteen_ways_names_its_line_and_the_repair_clears_it(
    page: Page, start_wall: StartWall
) -> None:
    good = "stream:\n  heartbeat_seconds: 15\n"
    wall = start_wall(good)
    open_live(page, wall)
    refused = page.locator('[data-notice="rejected"]')
    for text, line, said in BROKEN:
        wall.config.write_text(text, "utf-8")
        expect(refused).to_contain_text(re.compile(rf"config\.yaml:{line}:\d+: .*{said}", re.DOTALL))
        wall.config.write_text(good, "utf-8")
        expect(refused).to_have_count(0)
    assert page.evaluate("() => eyewall.store.losses") == []
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live "))
