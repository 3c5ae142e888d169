"""What the operator chose in the page or on the device: keys, rows, motion, contrast."""

import itertools

import pytest
from playwright.sync_api import Page, expect

from tests.browser.parts import open_live, role, rows, wait_received
from tests.wall import Wall


def choose(page: Page, name: str, value: str) -> None:
    """In the settings, as a person does."""
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("group", name=name).get_by_label(value.capitalize(), exact=True).check()
    page.keyboard.press("Escape")
    expect(role(page, "dialog-settings")).to_be_hidden()


def test_single_keys_can_be_switched_off(page: Page, wall: Wall) -> None:
    """Speech input types them by accident; keys that every list has still work."""
    wall.publish_lines(["one", "two", "three"])
    open_live(page, wall)
    wait_received(page, 3)
    choose(page, "Keyboard shortcuts", "off")
    for key in ("p", "?", "d", "2", "[", "]", "/", "j", "k", "e"):
        page.keyboard.press(key)
    expect(role(page, "publish")).to_be_hidden()
    expect(role(page, "dialog-help")).to_be_hidden()
    expect(role(page, "panel")).to_be_hidden()
    expect(role(page, "topics")).to_be_visible()
    expect(role(page, "level-info")).to_have_attribute("aria-pressed", "true")
    assert page.locator(".row.selected").count() == 0
    role(page, "feed").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".row.selected")).to_contain_text("three")
    page.reload()
    expect(rows(page)).to_have_count(3)
    page.keyboard.press("p")
    expect(role(page, "publish")).to_be_hidden()
    choose(page, "Keyboard shortcuts", "on")
    page.keyboard.press("p")
    expect(role(page, "publish")).to_be_visible()


def test_topics_that_were_hidden_by_a_key_come_back_by_a_click(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    page.keyboard.press("[")
    expect(role(page, "topics")).to_be_hidden()
    page.reload()
    expect(role(page, "topics")).to_be_hidden()
    choose(page, "Topic list", "on")
    expect(role(page, "topics")).to_be_visible()


def test_what_was_chosen_in_two_tabs_stays_chosen(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    other = page.context.new_page()
    open_live(other, wall)
    choose(page, "Theme", "dark")
    expect(page.locator('html[data-theme="dark"]')).to_have_count(1)
    choose(other, "Row height", "compact")
    expect(other.locator('html[data-density="compact"]')).to_have_count(1)
    page.reload()
    expect(page.locator('html[data-theme="dark"][data-density="compact"]')).to_have_count(1)


def test_rows_are_as_dense_as_they_are_wanted(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(100)])
    open_live(page, wall)
    wait_received(page, 100)
    seen = {}
    for density, height in (("compact", 20), ("normal", 24), ("relaxed", 32)):
        choose(page, "Row height", density)
        expect(page.locator(f'html[data-density="{density}"]')).to_have_count(1)
        boxes = page.evaluate(
            """() => [...document.querySelectorAll('.row:not([hidden])')].map((row) => row.getBoundingClientRect())
                .map(({ top, height }) => [top, height]).sort(([one], [other]) => one - other)"""
        )
        assert {box[1] for box in boxes} == {height}
        assert {after[0] - before[0] for before, after in itertools.pairwise(boxes)} == {height}
        seen[density] = len(boxes)
        # The newest stays the last one.
        expect(rows(page).filter(has_text="line 99")).to_be_in_viewport()
    assert seen["compact"] > seen["normal"] > seen["relaxed"]


MOVING = """() => [...document.querySelectorAll('*')].filter((el) => {
    const { transitionDuration, animationName } = getComputedStyle(el);
    return transitionDuration.split(', ').some((each) => each !== '0s') || animationName !== 'none';
}).length"""


def test_who_wants_no_motion_gets_none(page: Page, wall: Wall) -> None:
    wall.publish("a message", level="error")
    open_live(page, wall)
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("p")
    assert page.evaluate(MOVING) > 0
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(MOVING) == 0
    assert page.evaluate("() => getComputedStyle(document.querySelector('[data-role=feed]')).scrollBehavior") == "auto"


COLOURS = """() => {
    const style = getComputedStyle(document.documentElement);
    return ['--text-2', '--text', '--line', '--edge'].map((name) => style.getPropertyValue(name));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_wants_more_contrast_gets_no_pale_text_and_no_hairlines(page: Page, wall: Wall, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    open_live(page, wall)
    muted, text, hair, edge = page.evaluate(COLOURS)
    assert muted != text
    assert hair != edge
    page.emulate_media(contrast="more")
    muted, text, hair, edge = page.evaluate(COLOURS)
    assert (muted, hair) == (text, edge)
