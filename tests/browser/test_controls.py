"""Keys, clicks and touches do what they say, whatever was pressed before."""

import re

from playwright.sync_api import Page, expect

from tests.browser.parts import open_live, role, rows, wait_received
from tests.wall import StartWall, Wall


def test_keys_are_the_feeds_again_after_a_click_on_a_chip(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(200)])
    open_live(page, wall)
    wait_received(page, 200)
    page.keyboard.press("Home")
    expect(role(page, "mode-bar")).to_contain_text("Scrolled back")
    role(page, "level-info").click()
    expect(role(page, "level-debug")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("End")
    expect(role(page, "mode-bar")).to_be_hidden()
    page.keyboard.press("Space")
    expect(role(page, "pause")).to_have_text("Resume")
    expect(role(page, "level-debug")).to_have_attribute("aria-pressed", "false")


def test_a_level_is_chosen_by_a_click_and_switched_by_ctrl_click(page: Page, wall: Wall) -> None:
    for level in ("info", "warning", "error"):
        wall.publish(f"a {level}", level=level)
    open_live(page, wall)
    expect(rows(page)).to_have_count(3)
    role(page, "level-error").click()
    expect(rows(page)).to_have_count(1)
    role(page, "level-error").click()
    expect(rows(page)).to_have_count(3)
    role(page, "level-info").click(modifiers=["Control"])
    expect(rows(page)).to_have_count(2)


def test_the_numbers_of_the_levels_follow_the_filter(page: Page, wall: Wall) -> None:
    for n in range(10):
        wall.publish(f"{'timeout' if n < 3 else 'ok'} {n}", level="error" if n % 2 else "info")
    open_live(page, wall)
    wait_received(page, 10)
    number = role(page, "level-error").locator(".number")
    expect(number).to_have_text("5")
    role(page, "filter").fill("timeout")
    expect(number).to_have_text("1")
    expect(role(page, "level-info").locator(".number")).to_have_text("2")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(rows(page)).to_have_count(1)
    expect(role(page, "level-info").locator(".number")).to_have_text("2")


def test_the_button_of_the_connections_opens_them_over_the_details(page: Page, wall: Wall) -> None:
    wall.publish("a message")
    open_live(page, wall)
    rows(page).first.click()
    expect(role(page, "details")).to_be_visible()
    role(page, "connection-count").click()
    expect(role(page, "connection")).to_have_count(1)
    expect(role(page, "details")).to_be_hidden()
    role(page, "connection-count").click()
    expect(role(page, "panel")).to_be_hidden()


def test_brackets_that_are_typed_with_altgr_are_keys_and_ctrl_and_alt_are_not(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    press = """(modifiers) => document.body.dispatchEvent(new KeyboardEvent('keydown', {
        key: ']', bubbles: true, ctrlKey: true, altKey: true, ...modifiers,
    }))"""
    page.evaluate(press, {})
    expect(role(page, "panel")).to_be_hidden()
    page.evaluate(press, {"modifierAltGraph": True})
    expect(role(page, "who")).to_be_visible()


def test_opening_and_closing_details_leaves_no_steps_behind(page: Page, wall: Wall) -> None:
    wall.publish("a message")
    page.goto(f"{wall.url}/healthz")
    open_live(page, wall)
    expect(rows(page)).to_have_count(1)
    for _ in range(4):
        rows(page).first.click()
        expect(role(page, "details")).to_be_visible()
        page.wait_for_function("() => history.state?.isOpen === true")
        page.keyboard.press("Escape")
        expect(role(page, "panel")).to_be_hidden()
        page.wait_for_function("() => history.state?.isOpen !== true")
    page.go_back()
    expect(page).to_have_url(f"{wall.url}/healthz")


def test_a_copy_button_says_so_for_a_while_and_is_heard(page: Page, wall: Wall) -> None:
    wall.publish("a message")
    open_live(page, wall)
    rows(page).first.click()
    copy = role(page, "details").get_by_role("button", name="Copy text")
    copy.click()
    expect(role(page, "details").get_by_role("button", name="Copied")).to_be_visible()
    expect(role(page, "heard")).to_have_text("Copied")
    expect(copy).to_be_visible()


def test_keys_without_a_place_to_show_their_effect_say_it(page: Page, wall: Wall) -> None:
    wall.publish("a message", level="error")
    open_live(page, wall)
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("k")
    for key, said in (("y", "Link copied"), ("c", "Text copied"), ("C", "JSON copied")):
        page.keyboard.press(key)
        expect(role(page, "toast")).to_have_text(said)
    page.keyboard.press("E")
    expect(role(page, "toast")).to_have_text("No error before this one")


def test_a_field_under_a_finger_is_large_enough_that_no_phone_zooms(page: Page, wall: Wall) -> None:
    assert page.context.browser is not None
    context = page.context.browser.new_context(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
    phone = context.new_page()
    open_live(phone, wall)
    phone.evaluate("() => document.querySelector('[data-role=publish]').show()")
    sizes = phone.evaluate(
        """() => [...document.querySelectorAll('input:not([type=radio]), textarea, select')]
            .map((field) => Number.parseFloat(getComputedStyle(field).fontSize))"""
    )
    assert len(sizes) >= 5
    assert min(sizes) >= 16, sizes
    context.close()


def test_the_chart_says_not_loaded_where_it_does_not_know(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(1500)])
    open_live(page, wall)
    wait_received(page, 1000)
    role(page, "histogram-chart").hover(position={"x": 60, "y": 20})
    expect(role(page, "chart-tip")).to_contain_text("not loaded")
    expect(role(page, "chart-tip")).not_to_contain_text("0 messages")


def test_nothing_on_a_topic_is_said_only_when_the_server_said_so(page: Page, wall: Wall) -> None:
    wall.publish("on demo", topic="demo")
    wall.publish_lines([f"line {n}" for n in range(1100)])
    page.goto(f"{wall.url}/?topic=demo")
    expect(role(page, "nothing")).to_contain_text("History has some.")
    page.goto(f"{wall.url}/?topic=other")
    expect(role(page, "nothing")).to_contain_text("No messages on other yet.")


def test_a_table_that_is_open_can_be_hidden_by_name(page: Page, wall: Wall) -> None:
    wall.publish("a message")
    open_live(page, wall)
    page.get_by_role("button", name="Show as table").click()
    hide = page.get_by_role("button", name="Hide table")
    expect(hide).to_have_attribute("aria-expanded", "true")
    hide.click()
    expect(page.get_by_role("button", name="Show as table")).to_be_visible()


def test_a_search_of_history_counts_what_is_loaded_and_is_in_the_address(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(600)])
    open_live(page, wall)
    role(page, "filter").fill("line")
    page.evaluate("() => void eyewall.actions.searchHistory()")
    expect(role(page, "found")).to_have_text("200 loaded")
    page.wait_for_url(re.compile(r"in=history&q=line"))
    page.reload()
    expect(role(page, "found")).to_have_text("200 loaded")


def test_a_worker_that_is_gone_is_replaced_without_a_click(page: Page, start_wall: StartWall) -> None:
    from tests.browser.test_tabs import end_worker

    wall = start_wall("stream:\n  heartbeat_seconds: 1\n")
    open_live(page, wall)
    wall.publish("before")
    expect(rows(page)).to_have_count(1)
    end_worker(page, wall)
    expect(role(page, "connection-state")).to_have_text(re.compile(r"^Silent \d+ s$"))
    wall.publish("meanwhile")
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live"), timeout=50_000)
    expect(rows(page)).to_have_count(2)
