"""What a tab slept through and has no room for stays a row with its exact count, and no proof hides it."""

import re

from playwright.sync_api import Page, expect

from tests.browser.parts import open_live, role, rows, wait_received
from tests.wall import Wall

# As if it slept: what comes never reaches the page. Then the worker says how many that were.
SLEEP = """() => {
    const { store } = eyewall;
    const { receive } = store;
    globalThis.slept = 0;
    globalThis.isAsleep = true;
    store.receive = (noun, value) => {
        if (noun !== 'batch') return receive.call(store, noun, value);
        if (isAsleep) {
            slept += JSON.parse(value.batch).length;
            return;
        }
        delete store.receive;
        const mark = JSON.stringify({ mark: 'asleep', at: Date.now(), missing: slept });
        receive.call(store, noun, { ...value, batch: `[${mark},${value.batch.slice(1)}` });
    };
}"""


def test_a_hole_that_is_larger_than_the_memory_is_filled_in_part_and_says_so(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(10)])
    open_live(page, wall)
    wait_received(page, 10)
    page.evaluate("() => eyewall.store.set({ ring: '1000' })")
    page.keyboard.press("k")
    expect(role(page, "mode-bar")).to_contain_text("Scrolled back")
    page.evaluate(SLEEP)
    wall.publish_lines([f"line {n}" for n in range(10, 2_510)])
    page.wait_for_function("() => slept === 2500")
    # The server answers with what it has found by then: where reading is slow, with less than it was asked for.
    page.route(
        re.compile("/messages"),
        lambda route: route.continue_(url=route.request.url.replace("limit=1000", "limit=25")),
        times=1,
    )
    page.evaluate("() => { isAsleep = false; }")
    wall.publish("awake again")
    expect(role(page, "proof")).to_have_text("1,500 not loaded in this tab")
    ends = """() => {
        const { live } = eyewall.store;
        const n = live.ring.findLast(({ mark }) => mark === 'asleep');
        return [live.beside(n, -1).message, live.ring.get(n).missing, live.beside(n, 1).message];
    }"""
    assert page.evaluate(ends) == ["line 1009", 1500, "awake again"]
    role(page, "proof").click()
    expect(role(page, "ledger")).to_contain_text("1,500 messages arrived while this tab was asleep.")
    page.keyboard.press("Escape")
    page.keyboard.press("G")
    expect(rows(page).filter(has_text="awake again")).to_have_count(1)
    # Following lets go of what is over the bound; the row that says what is missing is near the end and stays.
    for left in ("500", None):
        role(page, "mark-asleep").get_by_role("button", name="Load").click()
        proof = role(page, "proof")
        if left:
            expect(proof).to_have_text(f"{left} not loaded in this tab")
        else:
            expect(proof).to_contain_text("no gaps since")
    assert page.evaluate("() => eyewall.store.live.holes.size") == 0
