"""A hidden tab costs next to nothing, and is current when it is shown."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.figures import HubCollector, Stretch, judged, pace
from tests.browser.parts import counters, open_live, role, rows
from tests.browser.test_nothing_lost import expect_each_once
from tests.wall import StartWall, Wall

# A hidden page gets no frames, also none that it has asked for already: they come when it is looked at again.
# `frames` is how many it still gets.
FRAMES = """
    const frame = globalThis.requestAnimationFrame.bind(globalThis);
    let held = [];
    globalThis.frames_left = Infinity;
    globalThis.requestAnimationFrame = (callback) => frame((now) => {
        if (globalThis.frames_left <= 0) return held.push(callback);
        globalThis.frames_left -= 1;
        callback(now);
    });
    globalThis.setHidden = (hidden, frames = 0) => {
        globalThis.frames_left = hidden ? frames : Infinity;
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
        document.dispatchEvent(new Event('visibilitychange'));
        if (!hidden) for (const callback of held.splice(0)) requestAnimationFrame(callback);
    };
"""
HIDE = "(hidden) => setHidden(hidden)"


# How long it takes until the newest message is drawn, once the tab is shown.
LOOK = """async (last) => {
    const began = performance.now();
    setHidden(false);
    const isDrawn = () => [...document.querySelectorAll('[data-role="message"] .cell-text')]
        .some((cell) => cell.textContent.endsWith(last));
    while (!isDrawn()) await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""


@dataclass(frozen=True, slots=True)
class Hidden:
    figures: HubCollector
    current_ms: float

    def __str__(self) -> str:
        return f"hidden: busy {self.figures.busy:.1%}; looked at: current after {self.current_ms:.0f} ms"


@pytest.mark.parametrize("frames", [0, 1, 2, 3])
def test_a_tab_that_is_hidden_while_a_batch_waits_to_be_drawn_goes_on_receiving(
    page: Page, wall: Wall, frames: int
) -> None:
    """Under load one nearly always waits: for its own frame, or for the next but one after it."""
    page.add_init_script(FRAMES)
    open_live(page, wall)
    page.evaluate("(frames) => { globalThis.frames_left = frames; }", frames)
    wall.publish_lines([f"line {n}" for n in range(1_000)])
    page.wait_for_function("() => eyewall.counters.received > 0 && frames_left === 0", polling=50)
    page.evaluate(HIDE, True)
    wall.publish_lines([f"line {n}" for n in range(1_000, 30_000)])
    wall.publish("it broke", level="error")
    page.wait_for_function("() => eyewall.counters.received === 30_001", polling=50, timeout=30_000)
    page.wait_for_function("() => document.title.startsWith('(1)')", polling=50)
    page.evaluate(HIDE, False)
    expect(rows(page).filter(has_text="it broke")).to_have_count(1)
    expect(role(page, "mark-asleep")).to_have_count(0)
    expect_each_once(page, 30_001)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_hidden_tab_costs_little_and_is_current_when_it_is_looked_at(page: Page, start_wall: StartWall) -> None:
    """Headless tabs are never hidden, so this one is told that it is, for five minutes at 1 000 messages a second."""
    many = 300_000
    page.add_init_script(FRAMES)

    def run() -> Hidden:
        wall = start_wall()
        open_live(page, wall)
        page.evaluate(HIDE, True)
        drawn = counters(page)["drawn"]
        stretch = Stretch(page)
        with pace(wall, 1000, many // 1000):
            pass
        figures = stretch.end()
        assert counters(page)["drawn"] == drawn
        current = page.evaluate(LOOK, f"number {many - 1}")
        assert counters(page)["received"] == many
        expect_each_once(page, many)
        wall.kill()
        return Hidden(figures, current)

    judged(page, run, lambda hidden: hidden.figures.busy <= 0.10 and hidden.current_ms <= 200)
