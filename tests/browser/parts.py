"""The parts of the page by the names they carry for tests."""

import re

from playwright.sync_api import Browser, Locator, Page, expect

from tests.chromium import CHROMIUM
from tests.wall import Wall

# Headless tabs cannot be frozen. A tab that does not send its request for the next batch behaves the same.
SLEEP = """
    const post = MessagePort.prototype.postMessage;
    globalThis.held = [];
    MessagePort.prototype.postMessage = function (...args) {
        if (globalThis.asleep && args[0][0] === 'more') held.push(() => post.apply(this, args));
        else post.apply(this, args);
    };
"""


def launch(page: Page, *args: str) -> Browser:
    """Another browser, with switches of its own."""
    assert page.context.browser is not None
    return page.context.browser.browser_type.launch(executable_path=CHROMIUM, args=args)


def role(page: Page, name: str) -> Locator:
    return page.locator(f'[data-role="{name}"]')


def rows(page: Page) -> Locator:
    return role(page, "message")


def texts(page: Page) -> list[str]:
    """The texts on the screen, oldest first, as they stand in the document."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('[data-role="message"]')]
            .map((row) => row.querySelector('.cell-text').textContent)"""
    )
    return found


def counters(page: Page) -> dict[str, int]:
    found: dict[str, int] = page.evaluate("() => eyewall.counters")
    return found


def open_live(page: Page, wall: Wall) -> None:
    """Until it is live, and knows what the first heartbeat tells: its connection, the clock, the head of the log."""
    page.goto(wall.url)
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
    page.wait_for_function("() => eyewall.store.connection !== ''")


def wait_dialogs(page: Page) -> None:
    """Until the dialogs that come later than the page are there."""
    page.wait_for_function("() => document.querySelector('[data-role=settings]').children.length > 0")


def wait_received(page: Page, many: int) -> None:
    page.wait_for_function("(many) => eyewall.counters.received >= many", arg=many, timeout=30_000)


def pasted(page: Page) -> str:
    """What was copied, as Ctrl+V gives it into the box for publishing: on plain HTTP nothing else reads it."""
    role(page, "publish-open").click()
    field = role(page, "publish-text")
    field.fill("")
    field.press("Control+v")
    expect(field).not_to_have_value("")
    return field.input_value()
