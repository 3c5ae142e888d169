"""What the page offers next: show what was sent, wait and try again, narrow by the chart, learn to filter."""

import json
import re

from playwright.sync_api import Page, Route, expect

from tests.browser.parts import open_live, role, rows, wait_received
from tests.wall import Wall


def test_what_was_sent_can_be_shown(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(100)])
    open_live(page, wall)
    page.keyboard.press("p")
    role(page, "publish-text").fill("find me")
    role(page, "publish-send").click()
    role(page, "publish-show").click()
    expect(page.locator(".row.selected")).to_contain_text("find me")
    page.keyboard.press("Escape")
    role(page, "filter").fill("line")
    page.keyboard.press("Escape")
    role(page, "publish-open").click()
    role(page, "publish-text").fill("filtered away")
    role(page, "publish-send").click()
    role(page, "publish-show").click()
    expect(role(page, "mode-bar")).to_contain_text("History")
    expect(page.locator(".row.selected")).to_contain_text("filtered away")


def test_a_server_that_wants_to_be_left_alone_is_counted_down_to(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    keys = []

    def refuse(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        error = {"code": "too_many", "message": "too many messages from this address", "hint": "wait a little"}
        route.fulfill(status=429, headers={"Retry-After": "3"}, body=json.dumps({"error": error}))

    page.route("**/topics/demo*", refuse)
    page.keyboard.press("p")
    role(page, "publish-text").fill("again and again")
    outcome = role(page, "publish-outcome")
    outcome.evaluate(
        """(outcome) => {
            globalThis.said = [];
            const look = () => said.push(outcome.textContent);
            new MutationObserver(look).observe(outcome, { subtree: true, childList: true });
        }"""
    )
    role(page, "publish-send").click()
    why = "Not sent: too many messages from this address (wait a little)"
    page.wait_for_function("(why) => said.at(-1) === why && said.length > 1", arg=why)
    # Each stands for a second, which a page that looks in between has to catch.
    three, two, one = [f"{why} Try again in {left} s." for left in (3, 2, 1)]
    assert page.evaluate("() => said") in ([three, two, one, why], [three, one, why], [two, one, why])
    expect(outcome).to_have_text(why)
    page.unroute("**/topics/demo*")
    page.on("request", lambda request: keys.append(request.headers.get("idempotency-key", "")))
    role(page, "publish-send").click()
    expect(rows(page).filter(has_text="again and again")).to_have_count(1)
    # The same key, so that a message that had been stored after all would not be stored twice.
    assert keys[0] in keys[1:]


def test_what_was_perhaps_stored_and_is_changed_then_is_another_message(page: Page, wall: Wall) -> None:
    """The answer is lost on its way; under the same key the server would refuse another text for ever."""
    open_live(page, wall)

    def lose_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/topics/demo*", lose_answer)
    page.keyboard.press("p")
    role(page, "publish-text").fill("one word")
    role(page, "publish-send").click()
    expect(role(page, "publish-outcome")).to_have_text("Not sent: no connection. Your text is kept.")
    page.unroute("**/topics/demo*")
    role(page, "publish-text").fill("another word")
    role(page, "publish-send").click()
    expect(role(page, "publish-outcome")).to_contain_text("Stored and sent to 1 connection")
    expect(rows(page)).to_have_count(2)


def test_what_is_typed_on_while_it_is_sent_stays(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    held: list[Route] = []
    page.route("**/topics/demo*", lambda route: held.append(route))  # noqa: PLW0108  # Playwright marks what it is given
    page.keyboard.press("p")
    role(page, "publish-text").fill("disk full")
    with page.expect_request("**/topics/demo*"):
        role(page, "publish-send").click()
    role(page, "publish-text").fill("disk full, and the backup too")
    held[0].continue_()
    expect(role(page, "publish-outcome")).to_contain_text("Stored")
    expect(role(page, "publish-text")).to_have_value("disk full, and the backup too")


def test_data_that_is_no_json_is_named_in_the_words_of_the_browser(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    page.keyboard.press("p")
    role(page, "publish-text").fill("with data")
    role(page, "publish").get_by_text("Data (JSON, optional)").click()
    role(page, "publish-data").fill('{\n  "a": 1,\n  "b": oops\n}')
    role(page, "publish-send").click()
    outcome = role(page, "publish-outcome")
    expect(outcome).to_contain_text("Not sent: the data is not valid JSON (Unexpected token")
    role(page, "publish-data").fill('{"a": 1')
    role(page, "publish-send").click()
    expect(outcome).to_contain_text("Not sent: the data is not valid JSON (Expected")
    assert wall.get_json("/messages")["messages"] == []
    role(page, "publish-data").fill('{"a": 1}')
    role(page, "publish-send").click()
    expect(rows(page).filter(has_text="with data")).to_contain_text("a=1")


def drag(page: Page, from_: float, to: float) -> None:
    """Over the chart, in parts of its width. Bars come and go above it, so it is looked for each time."""
    box = role(page, "histogram-chart").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * from_, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * to, y, steps=4)
    page.mouse.up()


def test_a_bar_says_when_it_was_and_how_much(page: Page, wall: Wall) -> None:
    wall.publish("a message")
    open_live(page, wall)
    wait_received(page, 1)
    said = role(page, "peak")
    expect(said).to_have_text("peak 1")
    role(page, "histogram-chart").hover(position={"x": 1, "y": 20})
    tip = role(page, "chart-tip")
    expect(tip).to_have_text(re.compile(r"^\d\d:\d\d:\d\d–\d\d:\d\d:\d\d0 messages$"))
    page.mouse.move(1, 1)
    expect(tip).to_be_hidden()


def test_a_range_is_drawn_over_the_chart_and_taken_back(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(50)])
    open_live(page, wall)
    wait_received(page, 50)
    drag(page, 0.2, 0.5)
    expect(page.locator(".narrow-chips")).to_contain_text(re.compile(r"\d\d:\d\d:\d\d–\d\d:\d\d:\d\d"))
    expect(role(page, "found")).to_have_text("0 of 50")
    expect(role(page, "mode-bar")).to_contain_text("Scrolled back")
    drag(page, 0.9, 0.999)
    expect(role(page, "found")).to_have_text("50 of 50")
    page.keyboard.press("Escape")
    expect(role(page, "found")).to_have_text("")
    page.get_by_role("button", name="Show as table").click()
    expect(page.get_by_role("region", name="Show as table").get_by_role("row")).not_to_have_count(1)


def test_two_keys_within_one_frame_are_two_steps_of_a_range(page: Page, wall: Wall) -> None:
    wall.publish("a message")
    open_live(page, wall)
    role(page, "histogram-chart").evaluate(
        """(chart) => {
            const press = (init) => chart.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, ...init }));
            for (let n = 0; n < 3; n++) press({ key: 'ArrowLeft', shiftKey: true });
            const { from, to } = eyewall.store.selection.range;
            globalThis.seconds = (to - from) / 1000;
            press({ key: 'Escape' });
        }"""
    )
    assert page.evaluate("() => [seconds, eyewall.store.selection.range]") == [15, None]


def test_topics_are_chosen_hidden_and_empty_ones_say_what_to_type(page: Page, wall: Wall) -> None:
    for name in ("api", "api.auth", "db"):
        wall.publish(f"on {name}", name)
    open_live(page, wall)
    topic = role(page, "topic")
    expect(topic).to_have_count(3)
    topic.filter(has_text="api").first.get_by_role("button").first.click()
    expect(rows(page)).to_have_count(2)
    topic.filter(has_text="db").get_by_role("button").first.click(modifiers=["Alt"])
    expect(rows(page)).to_have_count(2)
    page.goto(f"{wall.url}/?topic=backup")
    expect(role(page, "nothing")).to_contain_text(
        f'No messages on backup yet. curl -d "Hello" {wall.url}/topics/backup'
    )


def test_the_first_message_leads_on(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    role(page, "first-run").get_by_role("button", name="Send it for me").click()
    expect(role(page, "first-arrived")).to_contain_text("Your first message arrived in ")
    role(page, "first-arrived").get_by_role("button", name="how to filter").click()
    expect(role(page, "dialog-help")).to_contain_text("level:>=warning")
    page.keyboard.press("Escape")
    role(page, "first-arrived").get_by_role("button", name="send a log file").click()
    expect(role(page, "first-command")).to_contain_text("tail -F app.log | curl -T -")


def test_what_came_while_nobody_looked_is_tinted(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(5)])
    open_live(page, wall)
    wait_received(page, 5)
    page.keyboard.press("k")
    wall.publish("something new")
    expect(page.locator(".row.fresh")).to_contain_text("something new")
    page.keyboard.press("End")
    expect(page.locator(".row.fresh")).to_have_count(1)
    wall.publish("seen as it came")
    expect(rows(page).filter(has_text="seen as it came")).not_to_have_class(re.compile("fresh"))


def test_a_filter_is_not_forgotten_by_who_moves_on_at_once(page: Page, wall: Wall) -> None:
    """It is applied a moment after the last key, also if the field was left by then."""
    wall.publish("one")
    wall.publish("two")
    open_live(page, wall)
    expect(rows(page)).to_have_count(2)
    role(page, "filter").evaluate(
        """(field) => {
            field.focus();
            field.value = 'two';
            field.dispatchEvent(new Event('input'));
            field.blur();
            eyewall.store.changed('selection');
        }"""
    )
    expect(rows(page)).to_have_count(1)
    expect(role(page, "filter")).to_have_value("two")
