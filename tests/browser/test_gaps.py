"""A row that says what is missing, and the button on it where that can still be had."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.parts import open_live, role, rows, texts, wait_received
from tests.faults import Faults, faults_before
from tests.wall import Wall


@pytest.fixture
def faults(wall: Wall) -> Iterator[Faults]:
    with faults_before(wall) as faults:
        yield faults


def hole(page: Page, faults: Faults) -> Locator:
    """A page that got 0 to 3 and 7 to 9 and was told nothing of 4 to 6; the row that says so."""
    faults.swallows = b'"lost '
    page.goto(faults.url)
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
    for n in range(10):
        faults.wall.publish(f"{'lost' if n in (4, 5, 6) else 'line'} {n}")
    wait_received(page, 7)
    expect(role(page, "proof")).to_contain_text("3 missing")
    gap = role(page, "mark-gap")
    expect(gap).to_contain_text(re.compile(r"3 messages missing \(…-5 to …-7\), no reason given\."))
    return gap


def expect_whole(page: Page) -> None:
    """Ordinary rows in their places, and the ledger has nothing to tell."""
    expect(rows(page)).to_have_count(10)
    assert texts(page) == [f"{'lost' if n in (4, 5, 6) else 'line'} {n}" for n in range(10)]
    expect(role(page, "mark-gap")).to_have_count(0)
    expect(role(page, "proof")).to_contain_text("no gaps since")
    role(page, "proof").click()
    expect(role(page, "ledger")).to_contain_text("No messages were lost, and none were replayed.")


def test_a_hole_that_nobody_explained_is_filled_at_a_click(page: Page, faults: Faults) -> None:
    hole(page, faults).get_by_role("button", name="Load").click()
    expect_whole(page)


def test_a_hole_that_nobody_explained_is_filled_by_keys(page: Page, faults: Faults) -> None:
    hole(page, faults)
    for _ in range(4):
        page.keyboard.press("k")
    expect(page.locator(".row.selected")).to_contain_text("no reason given")
    page.keyboard.press("Enter")
    expect_whole(page)


def test_a_hole_that_cannot_be_filled_now_can_be_tried_again(page: Page, faults: Faults) -> None:
    gap = hole(page, faults)
    page.route(re.compile("/messages"), lambda route: route.abort())
    gap.get_by_role("button", name="Load").click()
    expect(gap.get_by_role("button")).to_have_text("Try again")
    page.unroute_all()
    gap.get_by_role("button").click()
    expect_whole(page)


def test_what_the_server_no_longer_has_is_not_offered(page: Page, wall: Wall) -> None:
    """A hole that the server itself explained cannot be filled from there: no button promises it."""
    wall.publish_lines(["before", "and after"])
    open_live(page, wall)
    wait_received(page, 2)
    gaps = [
        {"reason": "expired", "missing": 37},
        {"reason": "new_log", "missing": None},
        {"reason": "flood", "missing": 2},
    ]
    said = """([gaps, now]) => {
        const { store } = eyewall;
        const batch = JSON.stringify(gaps.map((gap) => ({ mark: 'gap', at: now, ...gap })));
        store.receive('batch', { batch, heard: now, proof: store.proof, left: 0 });
    }"""
    page.evaluate(said, [gaps, 1_795_400_000_000])
    expect(role(page, "mark-gap")).to_have_count(3)
    expect(role(page, "mark-gap").nth(0)).to_contain_text("37 messages missing: the server no longer keeps them.")
    expect(role(page, "mark-gap").nth(1)).to_contain_text("How many messages are missing is unknown.")
    expect(role(page, "mark-gap").nth(2)).to_contain_text("2 messages missing: flood.")
    expect(role(page, "mark-gap").get_by_role("button")).to_have_count(0)
