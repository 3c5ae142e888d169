"""The strip beside the rows: where warnings and errors are, and which part is in sight."""

import re

from playwright.sync_api import Page, expect

from tests.browser.parts import open_live, role, rows, wait_received
from tests.wall import Wall

# Heights at which the strip has a tick, as shares of its height.
TICKS = """() => {
    const canvas = document.querySelector('.rail canvas');
    const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const isTick = (y) => data[4 * (y * width + width / 2) + 3] > 0;
    return [...Array(height).keys()].filter(isTick).map((y) => y / height);
}"""


def test_the_rail_has_a_tick_for_an_error_and_a_click_goes_there(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(100)])
    wall.publish("the error", level="error")
    wall.publish_lines([f"line {n}" for n in range(100, 400)])
    open_live(page, wall)
    wait_received(page, 401)
    page.wait_for_function(f"() => ({TICKS})().length > 0")
    ticks = page.evaluate(TICKS)
    assert 0.24 < min(ticks) <= max(ticks) < 0.27, ticks
    error = rows(page).filter(has_text="the error")
    expect(error).to_have_count(0)
    box = role(page, "rail").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * min(ticks))
    expect(error).to_be_in_viewport()
    expect(role(page, "mode-bar")).to_contain_text("Scrolled back")


def test_dragging_the_rail_to_its_end_follows_again(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(400)])
    open_live(page, wall)
    wait_received(page, 400)
    box = role(page, "rail").bounding_box()
    assert box is not None
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + 10)
    page.mouse.down()
    expect(role(page, "mode-bar")).to_contain_text("Scrolled back")
    page.mouse.move(x, box["y"] + box["height"] + 20, steps=4)
    page.mouse.up()
    expect(role(page, "mode")).to_be_hidden()
    expect(rows(page).last).to_have_text(re.compile("line 399"))
