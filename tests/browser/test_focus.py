"""Keys go on where they were, after a part has drawn itself anew; and what is cut says so and can be had."""

from playwright.sync_api import Page, expect

from tests.browser.parts import open_live, role, rows
from tests.wall import Wall


def test_showing_more_keeps_the_focus(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    wall.publish("x" * 20_000, data={f"key{n}": {"inner": n} for n in range(300)})
    rows(page).first.click()
    details = role(page, "details")
    more = details.get_by_role("button", name="Show 200 more")
    more.focus()
    page.keyboard.press("Enter")
    expect(more).to_be_focused()
    first = details.get_by_role("button", name="key0", exact=True)
    first.focus()
    page.keyboard.press("Enter")
    expect(first).to_be_focused()
    expect(first).to_have_attribute("aria-expanded", "false")
    while more.count():
        more.focus()
        page.keyboard.press("Enter")
    assert page.evaluate("() => document.querySelector('#details').contains(document.activeElement)")
    details.get_by_role("button", name="Show all 20 KB").focus()
    page.keyboard.press("Enter")
    expect(details.locator(".full-text")).to_have_text("x" * 20_000)
    assert page.evaluate("() => document.querySelector('#details').contains(document.activeElement)")


def test_a_question_that_is_taken_back_leaves_the_focus_on_its_row(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    role(page, "connection-count").click()
    row = role(page, "connection")
    row.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(row.get_by_role("button", name="Disconnect")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(row.get_by_role("button", name="Disconnect: 127.0.0.1")).to_be_focused()


def test_a_long_value_and_long_json_say_that_they_are_cut(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    wall.publish("long data", data={"text": "y" * 20_000})
    rows(page).first.click()
    details = role(page, "details")
    value = details.locator(".tree bdi.text")
    assert len(value.inner_text()) == 2_048
    details.locator(".tree").get_by_role("button", name="Show all 20 KB").click()
    expect(value).to_have_text("y" * 20_000)
    details.get_by_text("Raw JSON").click()
    raw = details.locator("details pre")
    expect(raw).to_contain_text('"message": "long data"')
    assert len(raw.inner_text()) == 2_048
    details.locator("details").get_by_role("button", name="Show all 20 KB").click()
    expect(raw).to_contain_text("y" * 20_000)
    expect(raw).to_be_focused()
