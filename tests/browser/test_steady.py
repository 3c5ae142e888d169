"""Nothing that the operator points at or reads is taken away by what arrives, and one fault ends nothing."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.parts import open_live, role, rows, wait_received
from tests.wall import ROOT, Wall


def test_a_selection_survives_what_arrives_while_one_reads(page: Page, wall: Wall) -> None:
    """Also in a row with colours and a mark, which is made of several pieces."""
    open_live(page, wall)
    wall.publish("plain \x1b[1;31mred alert\x1b[0m end")
    role(page, "filter").fill("al OR later")
    expect(page.locator(".row mark")).to_have_count(1)
    role(page, "filter").blur()
    page.locator(".row .cell-text:has(mark)").evaluate("(cell) => getSelection().selectAllChildren(cell)")
    expect(role(page, "mode-bar")).to_contain_text("Scrolled back")
    page.evaluate("() => { globalThis.piece = document.querySelector('.row mark'); }")
    for n in range(20):
        wall.publish(f"later {n}")
    expect(role(page, "unseen")).to_contain_text("20 new")
    assert page.evaluate("() => getSelection().toString()") == "plain red alert end"
    assert page.evaluate("() => piece.isConnected")


def test_what_came_while_nobody_looked_is_pointed_out_without_drawing_rows_again(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    page.keyboard.press("Space")
    wall.publish("plain \x1b[1;31mred alert\x1b[0m end")
    expect(role(page, "unseen")).to_contain_text("1 new")
    page.keyboard.press("Space")
    expect(page.locator(".row.fresh")).to_have_count(1)
    page.evaluate("() => { globalThis.piece = document.querySelector('.row .ansi'); }")
    tick = "(part) => new Promise((done) => part.addEventListener('tick', done, { once: true }))"
    role(page, "messages").evaluate(tick)
    assert page.evaluate("() => piece.isConnected")
    expect(page.locator(".row.fresh")).to_have_count(0)


def test_a_batch_that_fails_is_named_and_the_feed_goes_on(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    page.evaluate(
        """() => {
        const { store } = eyewall;
        const { receive } = store;
        let isPlanted = true;
        store.receive = (noun, ...rest) => {
            if (noun === 'batch' && isPlanted) {
                isPlanted = false;
                throw new Error('planted');
            }
            return receive.call(store, noun, ...rest);
        };
    }"""
    )
    wall.publish("what fails")
    expect(role(page, "banner")).to_contain_text("Part of this page failed. The server continues to receive messages.")
    wall.publish("what comes after it")
    expect(rows(page).filter(has_text="what comes after it")).to_have_count(1)


def test_a_scan_that_fails_does_not_end_the_feed(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    wall.publish("before")
    wait_received(page, 1)
    page.evaluate(
        """() => {
        eyewall.store.scan = () => { delete eyewall.store.scan; throw new Error('planted'); };
        eyewall.store.rematch();
    }"""
    )
    expect(role(page, "banner")).to_contain_text("Part of this page failed.")
    wall.publish("after")
    expect(rows(page)).to_have_count(2)


def serve(page: Page, name: str) -> None:
    """A module alone, as it was written; the page itself comes as one file."""
    text = (Path(ROOT) / "static" / name).read_text("utf-8")

    def answer(route: Route) -> None:
        route.fulfill(body=text, content_type="text/javascript")

    page.route("**/under-test.js", answer)


def test_children_that_stay_are_not_moved_and_equal_keys_do_not_grow(page: Page, wall: Wall) -> None:
    serve(page, "ui/dom.js")
    open_live(page, wall)
    said = page.evaluate(
        """async () => {
        const { keyed, h } = await import('/under-test.js');
        const el = h('div');
        document.body.append(el);
        const write = (child, name) => { child.textContent = name; };
        const draw = (names) => keyed(el, names, (name) => name, () => h('button'), write);
        draw(['a', 'b', 'c', 'd']);
        el.children[3].focus();
        const watch = new MutationObserver(() => {});
        watch.observe(el, { childList: true });
        draw(['b', 'd']);
        const moved = watch.takeRecords().flatMap(({ addedNodes }) => [...addedNodes]).length;
        const focused = document.activeElement.textContent;
        for (let n = 0; n < 5; n++) draw(['x', 'x', 'd']);
        const equal = [...el.children].map((child) => child.textContent);
        draw(['d']);
        return { moved, focused, equal, left: el.children.length };
    }"""
    )
    assert said == {"moved": 0, "focused": "d", "equal": ["x", "x", "d"], "left": 1}


# Two of one batch, said a day apart.
OTHER_DAY = """() => {
    const { store } = eyewall;
    const [now, day] = [Date.now(), 86_400_000];
    const say = (n, ms) =>
        ({ id: `7-${n}`, time: new Date(ms).toISOString(), topic: 'api', level: 'info', message: `of day ${n}` });
    const batch = JSON.stringify([say(1, now - day), say(2, now)]);
    store.receive('batch', { batch, heard: now, proof: store.proof, left: 0 });
}"""


@pytest.mark.parametrize("width", [360, 1440])
def test_columns_are_the_same_for_rows_of_any_day(page: Page, wall: Wall, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    open_live(page, wall)
    page.evaluate(OTHER_DAY)
    expect(rows(page)).to_have_count(2)
    left = "(rows) => rows.map((row) => row.querySelector('.cell-level').getBoundingClientRect().left)"
    dated, undated = rows(page).evaluate_all(left)
    assert dated == undated
