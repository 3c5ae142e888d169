"""What an operator must know besides the messages: another day, a wrong clock, a part that fails, a new version."""

import re
import shutil
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.figures import HIDE
from tests.browser.parts import launch, open_live, role, rows, wait_received
from tests.wall import ROOT, StartWall, Wall

DAY = """([earlier, later]) => {
    const { store } = eyewall;
    const message = (time, n) => ({ id: `7-${n + 1}`, time, topic: 'a', level: 'info', message: time });
    const batch = [earlier, later].map(message);
    const heard = Date.now();
    store.receive('batch', { batch: JSON.stringify(batch), heard, proof: store.proof, left: 0 });
}"""


def test_a_clock_that_is_wrong_is_named_and_times_stay_the_servers(page: Page, wall: Wall) -> None:
    # Without a shared worker the device's clock is this page's, and can be set.
    page.add_init_script("delete globalThis.SharedWorker; const now = Date.now; Date.now = () => now() + 90_000;")
    open_live(page, wall)
    notice = page.locator('[data-notice="clock"]')
    expect(notice).to_contain_text(
        re.compile(r"This device’s clock is .+ ahead of the server’s\. Times shown are the server’s\.")
    )
    wall.publish("now")
    expect(rows(page)).to_have_count(1)
    assert page.evaluate("() => Math.abs(Date.now() - eyewall.store.live.oldest.ms - 90_000)") < 60_000
    notice.get_by_role("button", name="Dismiss").click()
    expect(notice).to_have_count(0)


def test_a_clock_that_is_right_is_not_talked_about(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    expect(role(page, "banner")).to_have_count(0)


def test_days_are_told_by_rows_of_their_own(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    page.evaluate(DAY, ["2020-11-21T12:00:00Z", "2020-11-23T12:00:00Z"])
    wall.publish("now")
    expect(rows(page)).to_have_count(3)
    expect(page.locator(".heads > :first-child")).to_have_text("Sat 21 Nov")
    days = role(page, "day")
    expect(days).to_have_count(2)
    expect(days.first).to_have_text("Monday 23 November 2020")
    order = page.locator(".row:not([hidden])").evaluate_all("(rows) => rows.map((row) => row.dataset.role)")
    assert order == ["message", "day", "message", "day", "message"]
    # The other zone has other days.
    page.evaluate("() => eyewall.store.setView({ zone: 'utc' })")
    expect(days).to_have_count(2)
    days.first.click()
    expect(role(page, "panel")).to_be_hidden()


def test_what_fails_after_a_failure_was_dismissed_is_shown_too(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    fail = "(details) => eyewall.store.fail(details)"
    failed = page.locator('[data-notice="failed"]')
    for details in ("one", "another"):
        page.evaluate(fail, details)
        expect(failed).to_have_count(1)
        failed.get_by_role("button", name="Dismiss").click()
        expect(failed).to_have_count(0)
    # What fails again and again is dismissed for good.
    page.evaluate(fail, "another")
    expect(failed).to_have_count(0)


def test_a_part_that_fails_does_not_stop_the_feed(page: Page, wall: Wall) -> None:
    page = page.context.new_page()  # One in which an error does not fail the test.
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => { throw new Error('no canvas here'); };")
    open_live(page, wall)
    failed = page.locator('[data-notice="failed"]')
    expect(failed).to_contain_text("Part of this page failed. The server continues to receive messages.")
    wall.publish("the feed goes on")
    expect(rows(page).filter(has_text="the feed goes on")).to_have_count(1)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    failed.get_by_role("button", name="Copy details").click()
    expect(failed.get_by_role("button", name="Copied")).to_be_visible()
    assert "no canvas here" in page.evaluate("() => navigator.clipboard.readText()")
    with page.expect_navigation():
        failed.get_by_role("button", name="Reload").click()


def test_without_javascript_the_page_says_what_to_type(page: Page, wall: Wall) -> None:
    """Asked of the accessibility tree: everything else that looks into a page is a script."""
    browser = launch(page, "--blink-settings=scriptEnabled=false")
    try:
        plain = browser.new_page()
        plain.goto(wall.url)
        nodes = plain.context.new_cdp_session(plain).send("Accessibility.getFullAXTree")["nodes"]
        said = [node["name"]["value"] for node in nodes if node.get("name", {}).get("value")]
        assert "This page needs JavaScript. Without it:" in said
        assert f"curl -N {wall.url}/events" in said
    finally:
        browser.close()


def icon(page: Page) -> str:
    return str(page.evaluate("() => document.querySelector('link[rel=icon]').getAttribute('href')"))


def test_the_title_and_the_icon_tell_whoever_looks_at_another_tab(page: Page, start_wall: StartWall) -> None:
    wall = start_wall("dashboard:\n  title: ops-1\n")
    open_live(page, wall)
    expect(page).to_have_title("ops-1 · Eyewall")
    assert icon(page) == "static/icons/live.svg"
    page.evaluate(HIDE, True)
    for n in range(3):
        wall.publish(f"failure {n}", level="error")
    wall.publish("a note")
    expect(page).to_have_title("(3) ops-1 · Eyewall")
    assert icon(page) == "static/icons/errors.svg"
    page.evaluate(HIDE, False)
    expect(page).to_have_title("ops-1 · Eyewall")
    assert icon(page) == "static/icons/live.svg"
    wall.kill()
    expect(page).to_have_title("✕ ops-1")
    assert icon(page) == "static/icons/lost.svg"


def test_a_page_of_an_older_version_says_so_and_never_talks_in_two(
    page: Page, start_wall: StartWall, tmp_path: Path
) -> None:
    """The server is replaced under an open page. Whatever that page loads later must be of one version, too."""
    root = tmp_path / "checkout"
    for name in ("hub", "handlers", "static", "templates"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "server.py", root)
    wall = start_wall("server:\n  drain_seconds: 0.1\n", root=root)
    wall.publish("before")
    open_live(page, wall)
    expect(rows(page)).to_have_count(1)
    old = page.evaluate("() => document.body.dataset.version")
    role(page, "filter").fill("before")
    page.wait_for_url(re.compile("q=before"))

    assert wall.stop() == 0
    text = root / "static" / "text" / "en.js"
    text.write_text(text.read_text("utf-8").replace("'viewer' : 'viewers'", "'online' : 'online'"), "utf-8")
    wall.start()
    new = str(wall.get("/").decode().split('data-version="')[1].split('"')[0])
    assert new != old
    updated = role(page, "banner").filter(has_text=f"The server was updated to {new}. Your filters are kept.")
    expect(updated).to_have_count(1)
    # Never by itself: the operator may be reading.
    assert page.evaluate("() => document.body.dataset.version") == old
    expect(role(page, "connection-count")).to_have_text(re.compile(" viewers?$"))
    # A new tab beside it is new altogether, and has a worker of its own version.
    tab = page.context.new_page()
    open_live(tab, wall)
    expect(role(tab, "connection-count")).to_have_text("2 online")
    expect(role(tab, "banner")).to_have_count(0)
    assert wall.get_json("/connections")["count"] == 2
    tab.close()
    updated.get_by_role("button", name="Reload").click()
    expect(role(page, "connection-count")).to_have_text(re.compile(" online$"))
    expect(role(page, "filter")).to_have_value("before")
    expect(role(page, "banner")).to_have_count(0)
    wait_received(page, 1)
