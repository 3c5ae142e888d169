"""What a wall without a published message shows, and how it knows."""

import json

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.parts import open_live, role, rows, wait_received
from tests.wall import StartWall, Wall

GREETING = "sources:\n  - kind: greeting\n    message: Hello from the server\n    every_seconds: 0.2\n"


def test_the_greeting_of_the_server_is_not_the_first_message(page: Page, start_wall: StartWall) -> None:
    """As shipped a wall greets: its page still shows what to type."""
    wall = start_wall(GREETING)
    open_live(page, wall)
    wait_received(page, 3)
    expect(role(page, "first-command")).to_contain_text("curl -d")
    expect(role(page, "first-run")).to_be_visible()
    expect(rows(page).filter(has_text="Hello from the server").first).to_be_visible()
    wall.publish("Hello from my terminal")
    expect(role(page, "first-run")).to_be_hidden()
    expect(role(page, "first-arrived")).to_contain_text("Your first message arrived")
    page.reload()
    role(page, "filter").fill("terminal")  # It is far above by now, should this machine be slow.
    expect(rows(page).filter(has_text="Hello from my terminal")).to_have_count(1)
    expect(role(page, "first-run")).to_be_hidden()
    expect(role(page, "first-arrived")).to_be_hidden()


def test_what_is_not_sent_for_somebody_says_why(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    error = {"code": "forbidden", "message": "this page is of another origin", "hint": "set public_url"}
    page.route("**/topics/demo*", lambda route: route.fulfill(status=403, body=json.dumps({"error": error})))
    first = role(page, "first-run")
    first.get_by_role("button", name="Send it for me").click()
    expect(first.get_by_role("status")).to_have_text("Not sent: this page is of another origin (set public_url)")
    page.unroute("**/topics/demo*")
    first.get_by_role("button", name="Send it for me").click()
    expect(role(page, "first-arrived")).to_contain_text("Your first message arrived")


@pytest.mark.parametrize("sent", [0, 1])
def test_a_long_night_of_greetings_is_looked_through_for_a_first_message(page: Page, wall: Wall, sent: int) -> None:
    """A page begins with the last thousand: what was said before them, only the server knows."""
    for n in range(sent):
        wall.publish(f"message {n}")
    greeting = '{"topic": "server", "source": "eyewall", "message": "Hello from the server"}\n'
    for _ in range(3):
        wall.publish_lines([greeting.strip()] * 500)

    def is_last(answer: Response) -> bool:
        """A search is answered piece by piece."""
        return "/messages?" in answer.url and ((said := answer.json())["next"] is None or said["messages"] != [])

    with page.expect_response(is_last) as answer:
        open_live(page, wall)
    wait_received(page, 1000)
    assert len(answer.value.json()["messages"]) == sent
    if sent:
        expect(role(page, "first-run")).to_be_hidden()
    else:
        expect(role(page, "first-run")).to_be_visible()
