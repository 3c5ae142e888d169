"""From an empty page to one's own message on it, by nothing but what the page says and gives to copy."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.parts import launch, open_live, pasted, role, rows
from tests.wall import StartWall, Wall

NAME = "wall.test"


@contextmanager
def plain_http(page: Page, start_wall: StartWall) -> Iterator[tuple[Page, Wall]]:
    """A tab at an address that is neither localhost nor HTTPS: browsers give it no clipboard object."""
    wall = start_wall(f"server:\n  allowed_hosts: [{NAME}]\n")
    browser = launch(page, f"--host-resolver-rules=MAP {NAME} 127.0.0.1")
    try:
        tab = browser.new_page()
        tab.goto(f"http://{NAME}:{wall.port}")
        assert tab.evaluate("() => [isSecureContext, 'clipboard' in navigator]") == [False, False]
        yield tab, wall
    finally:
        browser.close()


@contextmanager
def shell(command: str, folder: Path, wall: Wall) -> Iterator[None]:
    """As if pasted into a terminal in a folder; ended with the block. The name that we made up is found here."""
    (folder / ".curlrc").write_text(f'resolve = "{NAME}:{wall.port}:127.0.0.1"\n', "utf-8")
    environ = os.environ | {"CURL_HOME": str(folder), "NO_PROXY": "*", "no_proxy": "*"}
    process = subprocess.Popen(["sh", "-c", command], cwd=folder, env=environ, start_new_session=True)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_the_command_that_is_copied_brings_ones_own_message_within_a_minute(
    page: Page, start_wall: StartWall, tmp_path: Path
) -> None:
    """On plain HTTP, where most walls are."""
    with plain_http(page, start_wall) as (tab, wall):
        began = time.monotonic()
        expect(role(tab, "first-run")).to_contain_text("Paste this in a terminal and it appears here:")
        role(tab, "first-run").get_by_role("button", name="Copy").click()
        expect(role(tab, "first-run").get_by_role("button", name="Copied")).to_be_visible()
        command = pasted(tab)
        assert command == f'curl -d "Hello from my terminal" http://{NAME}:{wall.port}/topics/demo'
        tab.keyboard.press("Escape")
        with shell(command, tmp_path, wall):
            expect(rows(tab).filter(has_text="Hello from my terminal")).to_be_visible()
        expect(role(tab, "first-run")).to_be_hidden()
        assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    ("tab", "arrives"),
    [("curl", "Hello from my terminal"), ("A log file", "from a log"), ("Python", "Hello from Python")],
)
def test_each_way_that_is_offered_works_as_it_stands(
    page: Page, wall: Wall, tmp_path: Path, tab: str, arrives: str
) -> None:
    (tmp_path / "app.log").write_text("from a log\n", "utf-8")
    open_live(page, wall)
    role(page, "first-run").get_by_role("tab", name=tab).click()
    role(page, "first-run").get_by_role("button", name="Copy").click()
    expect(role(page, "first-run").get_by_role("button", name="Copied")).to_be_visible()
    command = pasted(page)
    page.keyboard.press("Escape")
    with shell(f"python3 - <<'END'\n{command}\nEND\n" if tab == "Python" else command, tmp_path, wall):
        expect(rows(page).filter(has_text=arrives)).to_be_visible()


def test_what_cannot_be_copied_is_selected_and_says_which_keys_copy_it(page: Page, start_wall: StartWall) -> None:
    with plain_http(page, start_wall) as (tab, _):
        command = role(tab, "first-command").inner_text()
        tab.evaluate("() => { Document.prototype.execCommand = () => false; }")
        role(tab, "first-run").get_by_role("button", name="Copy").click()
        expect(role(tab, "first-run")).to_contain_text("The text is selected: press Ctrl+C.")
        field = "document.activeElement"
        assert tab.evaluate(f"() => {field}.value.slice({field}.selectionStart, {field}.selectionEnd)") == command
        role(tab, "first-run").get_by_role("tab", name="Python").click()
        expect(role(tab, "first-run").get_by_role("textbox")).to_have_count(0)


def test_every_copy_works_on_plain_http(page: Page, start_wall: StartWall) -> None:
    """Also where it is inside of a dialog, outside of which nothing can be focused."""
    with plain_http(page, start_wall) as (tab, wall):
        id_ = wall.publish("copy me", data={"a": 1})
        expect(rows(tab)).to_have_count(1)
        rows(tab).first.click()
        for label, copied in (("Copy text", "copy me"), ("Copy link", f"http://{NAME}:{wall.port}/?at={id_}")):
            role(tab, "details").get_by_role("button", name=label).click()
            # The first may still say it.
            expect(role(tab, "details").get_by_role("button", name="Copied").first).to_be_visible()
            assert pasted(tab) == copied
            tab.keyboard.press("Escape")
        role(tab, "proof").click()
        role(tab, "ledger").get_by_role("button", name="Copy").click()
        expect(role(tab, "ledger").get_by_role("button", name="Copied")).to_be_visible()
        live = role(tab, "connection-state").inner_text()
        expect(role(tab, "connection-state")).not_to_have_text(live)  # A second goes by, and the button still says it.
        expect(role(tab, "ledger").get_by_role("button", name="Copied")).to_be_visible(timeout=1)
        tab.keyboard.press("Escape")
        assert pasted(tab).startswith("Since ")
