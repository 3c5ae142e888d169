"""Did I miss anything? Every loss, replay, gap, repeat and restart, with time, count, reason and id."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.figures import HIDE
from tests.browser.parts import counters, open_live, pasted, role, rows
from tests.faults import faults_before
from tests.wall import Wall

TIME = r"\d\d:\d\d:\d\d"


def open_ledger(page: Page) -> None:
    role(page, "proof").click()
    expect(role(page, "ledger")).to_be_visible()


def test_losses_in_quick_succession_are_one_row(page: Page, wall: Wall) -> None:
    with faults_before(wall) as faults:
        page.goto(faults.url)
        expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
        for n in range(3):
            faults.cut()
            page.wait_for_function(
                "(many) => eyewall.store.proof?.losses >= many || eyewall.store.losses.at(-1)?.times >= many", arg=n + 1
            )
        wall.publish("after all that")
        expect(rows(page)).to_have_count(1)
        expect(role(page, "mark-loss")).to_have_count(1)
        expect(role(page, "mark-loss")).to_contain_text(
            re.compile(r"Connection lost 3 times between \d\d:\d\d and \d\d:\d\d, 0 messages missing\.")
        )
        open_ledger(page)
        expect(role(page, "ledger").get_by_role("listitem")).to_have_count(1)


def test_a_restart_is_an_entry_that_can_be_copied(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    last = wall.publish("before")
    expect(rows(page)).to_have_count(1)
    wall.restart()
    wall.publish("after")
    expect(rows(page)).to_have_count(2)
    sentence = rf"The server restarted {TIME}–{TIME}\. \d replayed, 0 missing\."
    expect(role(page, "mark-loss")).to_contain_text(re.compile(sentence))
    open_ledger(page)
    entry = role(page, "ledger").get_by_role("listitem")
    expect(entry).to_have_count(1)
    expect(entry).to_contain_text(re.compile(rf"^{TIME}{sentence} Last id before it: {last}\.$"))
    role(page, "ledger").get_by_role("button", name="Copy").click()
    expect(role(page, "ledger").get_by_role("button", name="Copied")).to_be_visible()
    page.keyboard.press("Escape")
    summary, line = pasted(page).split("\n")
    assert re.fullmatch(
        rf"Since {TIME}: 2 messages \(\S+-1 to \S+-2\), 0 messages missing, 0 duplicates dropped, "
        r"1 connection loss\.",
        summary,
    )
    assert re.fullmatch(rf"2\S+T{TIME}Z  {sentence} Last id before it: {last}\.", line)


def test_what_comes_twice_is_shown_once_and_entered(page: Page, wall: Wall) -> None:
    with faults_before(wall) as faults:
        faults.repeats = b'"twice '
        page.goto(faults.url)
        expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
        for n in range(3):
            wall.publish(f"twice {n}")
        wall.publish("once")
        expect(rows(page).filter(has_text="once")).to_have_count(1)
        expect(rows(page)).to_have_count(4)
        assert (counters(page)["repeated"], counters(page)["missing"]) == (3, 0)
        expect(role(page, "proof")).to_contain_text("no gaps since")
        open_ledger(page)
        expect(role(page, "ledger")).to_contain_text("3 duplicates dropped")
        entry = role(page, "ledger").get_by_role("listitem")
        expect(entry).to_have_count(1)
        expect(entry).to_contain_text("came twice, shown once.")


@pytest.mark.long
@pytest.mark.timeout(200)
def test_a_hidden_tab_without_a_shared_worker_gives_its_connection_back_and_misses_nothing(
    page: Page, wall: Wall
) -> None:
    page.add_init_script("delete globalThis.SharedWorker")
    open_live(page, wall)
    wall.publish("before")
    expect(rows(page)).to_have_count(1)
    page.evaluate(HIDE, True)
    page.wait_for_timeout(50_000)
    assert wall.get_json("/connections")["count"] == 1
    page.wait_for_function("() => eyewall.store.link.phase === 'resting'", timeout=30_000)
    assert wall.get_json("/connections")["count"] == 0
    wall.publish("meanwhile")
    page.wait_for_timeout(5_000)
    assert wall.get_json("/connections")["count"] == 0
    page.evaluate(HIDE, False)
    expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
    expect(rows(page)).to_have_count(2)
    assert (counters(page)["repeated"], counters(page)["missing"]) == (0, 0)
