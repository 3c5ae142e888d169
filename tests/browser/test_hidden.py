"""A tab that nobody looks at costs next to nothing, and is current when somebody does."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page

from tests.browser.figures import Figures, Stretch, judged, pace
from tests.browser.parts import counters, open_live
from tests.browser.test_nothing_lost import expect_each_once
from tests.wall import StartWall

HIDE = """(hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event('visibilitychange'));
}"""


# How long it takes until what came last is drawn, once somebody looks.
LOOK = """async (last) => {
    const began = performance.now();
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => false });
    document.dispatchEvent(new Event('visibilitychange'));
    const isDrawn = () => [...document.querySelectorAll('[data-role="message"] .cell-text')]
        .some((cell) => cell.textContent.endsWith(last));
    while (!isDrawn()) await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""


@dataclass(frozen=True, slots=True)
class Hidden:
    figures: Figures
    current_ms: float

    def __str__(self) -> str:
        return f"hidden: busy {self.figures.busy:.1%}; looked at: current after {self.current_ms:.0f} ms"


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_hidden_tab_costs_little_and_is_current_when_it_is_looked_at(page: Page, start_wall: StartWall) -> None:
    """Headless tabs are never hidden, so this one is told that it is, for five minutes at 1 000 messages a second."""
    many = 300_000

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
