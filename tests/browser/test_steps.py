"""The address says what is shown, and Back leaves it again."""

import re

from playwright.sync_api import Page, expect

from tests.browser.parts import open_live, role, rows, wait_received
from tests.wall import Wall


def test_back_from_a_message_that_a_search_found_is_the_search(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(1500)])
    open_live(page, wall)
    wait_received(page, 1000)
    role(page, "filter").fill('"line 177"')
    role(page, "nothing").get_by_role("button", name="Search all history").click()
    found = rows(page).filter(has_text=re.compile("line 177$"))
    expect(found).to_have_count(1)
    found.click()
    page.keyboard.press("x")
    expect(rows(page).filter(has_text=re.compile("line 176$"))).to_have_count(1)
    page.go_back()
    expect(rows(page)).to_have_count(1)
    expect(role(page, "mode-bar")).to_contain_text("History")
    expect(role(page, "filter")).to_have_value('"line 177"')
    page.go_back()
    expect(role(page, "nothing")).to_contain_text("No match in the 1,000 messages loaded.")
    page.go_forward()
    expect(found).to_have_count(1)
    expect(role(page, "mode-bar")).to_contain_text("History")


def test_back_from_a_message_that_was_loaded_anew_is_a_search_for_the_same(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(300)])
    open_live(page, wall)
    wait_received(page, 300)
    role(page, "filter").fill('"line 177"')
    expect(rows(page)).to_have_count(1)
    page.evaluate("() => void eyewall.actions.searchHistory()")
    page.wait_for_function("() => history.state?.at === '' && !eyewall.store.past.isLoading")
    rows(page).click()
    page.keyboard.press("x")
    page.wait_for_url(re.compile("at="))
    page.reload()
    expect(page.locator(".row.selected")).to_contain_text("line 177")
    # Behind the message's step, the one of its details.
    page.wait_for_function("() => history.state?.at !== ''")
    page.evaluate("() => history.back()")
    page.wait_for_function("() => eyewall.store.past?.kind === 'search' && !eyewall.store.past.isLoading")
    expect(rows(page)).to_have_count(1)
    expect(role(page, "filter")).to_have_value('"line 177"')
    expect(page).to_have_url(re.compile("q=%22line"))
    role(page, "mode-bar").get_by_role("button", name="Live").click()
    expect(role(page, "filter")).to_have_value('"line 177"')
    expect(rows(page)).to_have_count(1)


def test_back_from_a_link_is_where_one_came_from(page: Page, wall: Wall) -> None:
    linked = wall.publish("here")
    page.goto(f"{wall.url}/healthz")
    page.goto(f"{wall.url}/?at={linked}")
    expect(page.locator(".row.selected")).to_contain_text("here")
    page.go_back()
    expect(page).to_have_url(f"{wall.url}/healthz")


def test_a_filter_that_outlives_a_step_stays_in_the_address(page: Page, wall: Wall) -> None:
    """Or a reload, and the receiver of a link, would see something else."""
    wall.publish_lines(["one", "two"])
    open_live(page, wall)
    rows(page).filter(has_text="one").click()
    expect(role(page, "details")).to_be_visible()
    page.wait_for_function("() => history.state?.isOpen")
    role(page, "filter").fill("two")
    page.wait_for_url(re.compile(r"\?q=two$"))
    page.go_back()
    expect(role(page, "details")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"\?q=two$"))
    page.reload()
    expect(role(page, "filter")).to_have_value("two")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("two")


def show(page: Page, action: str, id_: str = "") -> None:
    """As a part calls it."""
    page.evaluate("([action, id]) => void eyewall.actions[action](id)", [action, id_])


def test_a_row_that_is_asked_for_while_one_looks_back_is_shown(page: Page, wall: Wall) -> None:
    """And not the place where one stood before, which is where the way back leads else."""
    ids = [wall.publish(f"line {n}") for n in range(200)]
    open_live(page, wall)
    wait_received(page, 200)
    page.keyboard.press("Home")
    first = rows(page).filter(has_text=re.compile("line 0$"))
    expect(first).to_be_in_viewport()
    show(page, "showAround", ids[100])
    expect(page.locator(".row.selected:visible")).to_contain_text("line 100")
    show(page, "showMessage", ids[190])
    expect(page.locator(".row.selected:visible")).to_contain_text("line 190")
    expect(page.locator(".row.selected:visible")).to_be_in_viewport()
    page.keyboard.press("Home")
    expect(first).to_be_in_viewport()
    show(page, "showAround", ids[100])
    expect(page.locator(".row.selected:visible")).to_contain_text("line 100")
    show(page, "backToLive")
    expect(first).to_be_in_viewport()
