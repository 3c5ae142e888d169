"""What the page shows of the server's history: by a link, from a row, by a search, and further up."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.parts import SLEEP, counters, open_live, role, rows, texts, wait_received
from tests.waiting import block_until
from tests.wall import StartWall, Wall


def selected(page: Page) -> str:
    return page.locator(".row.selected .cell-text").inner_text()


def said(wall: Wall, many: int) -> list[str]:
    """A wall that says `line 0` and so on; the ids."""
    wall.publish_lines([f"line {n}" for n in range(many)])
    head = str(wall.get_json("/messages?limit=1")["head"])
    epoch, last = head.split("-")
    return [f"{epoch}-{int(last) - many + 1 + n}" for n in range(many)]


def filled(page: Page, wall: Wall, many: int) -> list[str]:
    """The same, on a page that shows the last thousand."""
    ids = said(wall, many)
    open_live(page, wall)
    wait_received(page, min(many, 1000))
    return ids


def test_a_link_shows_its_message_among_its_neighbours_and_back_is_live(page: Page, wall: Wall) -> None:
    ids = filled(page, wall, 2000)
    page.goto(f"{wall.url}/?at={ids[500]}")
    expect(role(page, "mode-bar")).to_contain_text("History")
    expect(page.locator(".row.selected")).to_contain_text("line 500")
    shown = page.evaluate("() => eyewall.store.roll.shown")
    assert shown == 101
    role(page, "mode-bar").get_by_role("button", name="Load more").click()
    page.wait_for_function("() => eyewall.store.roll.shown === 501")
    assert selected(page) == "line 500"
    wall.publish("something new")
    expect(role(page, "unseen")).to_contain_text("1 new")
    role(page, "mode-bar").get_by_role("button", name="Live").click()
    expect(rows(page).filter(has_text="something new")).to_have_count(1)
    page.wait_for_url(lambda url: "at=" not in url)


def test_the_moment_of_a_message_is_shown_without_the_filter_and_left_again(page: Page, wall: Wall) -> None:
    filled(page, wall, 300)
    role(page, "filter").fill("57")
    expect(role(page, "found")).to_have_text("3 of 300")
    rows(page).filter(has_text="line 157").click()
    page.keyboard.press("x")
    expect(rows(page).filter(has_text=re.compile("^.*line 156$"))).to_have_count(1)
    assert selected(page) == "line 157"
    expect(role(page, "filter")).to_have_value("")
    page.go_back()
    expect(role(page, "found")).to_have_text("3 of 300")
    expect(role(page, "filter")).to_have_value("57")
    assert texts(page) == ["line 57", "line 157", "line 257"]


def test_a_link_to_what_is_no_longer_kept_says_so(page: Page, start_wall: StartWall) -> None:
    wall = start_wall("log:\n  keep_messages: 100\n")
    ids = said(wall, 2000)
    block_until(lambda: wall.metrics()["eyewall_messages_kept"] < 1500, 50)
    page.goto(f"{wall.url}/?at={ids[0]}")
    expect(role(page, "nothing")).to_contain_text("That message is no longer in the server’s history, which starts at ")
    role(page, "nothing").get_by_role("button", name="Jump to the oldest message").click()
    expect(page.locator(".row.selected")).to_have_count(1)


def test_a_link_of_another_time_and_a_search_of_nothing_say_that_nothing_is_kept(page: Page, wall: Wall) -> None:
    page.goto(f"{wall.url}/?at=7-7")
    nothing = role(page, "nothing")
    expect(nothing).to_have_text("That message is no longer in the server’s history, which is empty.")
    page.goto(f"{wall.url}/?topic=db")
    nothing.get_by_role("button", name="Search all history").click()
    expect(nothing).to_contain_text("The server’s history is empty.")


def test_a_search_looks_through_all_that_the_server_keeps(page: Page, wall: Wall) -> None:
    filled(page, wall, 3000)
    role(page, "filter").fill('"line 77" -/7$/')
    expect(role(page, "nothing")).to_contain_text("No match in the 1,000 messages loaded.")
    role(page, "nothing").get_by_role("button", name="Search all history").click()
    expect(rows(page)).to_have_count(9)
    assert texts(page)[0] == "line 770"
    role(page, "filter").fill("no such thing")
    expect(role(page, "nothing")).to_contain_text("Nothing in the server’s history matches. It goes back to ")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(role(page, "mode-bar")).to_be_hidden()


def test_the_address_of_a_search_is_that_of_what_is_searched_for(page: Page, wall: Wall) -> None:
    ids = filled(page, wall, 100)
    page.goto(f"{wall.url}/?at={ids[50]}")
    expect(page.locator(".row.selected")).to_contain_text("line 50")
    role(page, "filter").fill('"line 7"')
    expect(rows(page)).to_have_count(11)
    page.wait_for_url(lambda url: "q=%22line+7%22" in url and "at=" in url)


LOAD_OLDER = """() => {
    document.querySelector('[data-role="mark-older"] button')?.click();
    return eyewall.store.live.held;
}"""


def test_a_search_goes_on_over_pages_on_which_nothing_is_found(page: Page, wall: Wall) -> None:
    """In a large log the server has found nothing when its second is over."""
    wall.publish("the oldest")
    ids = filled(page, wall, 1500)
    asked: list[str] = []

    def answer_early(route: Route) -> None:
        asked.append(route.request.url)
        answer = route.fetch()
        early = answer.json() | {"messages": [], "complete": False, "next": ids[1000]}
        route.fulfill(response=answer, json=early if len(asked) == 1 else answer.json())

    page.route("**/messages?*", answer_early)
    role(page, "filter").fill("-line")
    role(page, "nothing").get_by_role("button", name="Search all history").click()
    expect(rows(page)).to_have_count(1, timeout=30_000)
    assert texts(page) == ["the oldest"]
    assert ids[1000] in asked[1]


def test_a_search_that_has_not_come_to_the_end_does_not_claim_that_nothing_matches(page: Page, wall: Wall) -> None:
    ids = filled(page, wall, 1500)
    role(page, "filter").fill("no such thing")
    role(page, "nothing").get_by_role("button", name="Search all history").click()
    expect(role(page, "nothing")).to_contain_text("Nothing in the server’s history matches.")
    # As it is after ten seconds of looking.
    page.evaluate("(id) => { eyewall.store.past.older = id; eyewall.store.changed('view'); }", ids[1000])
    expect(role(page, "nothing")).to_contain_text("No match so far")
    role(page, "nothing").get_by_role("button", name="Keep searching").click()
    expect(role(page, "nothing")).to_contain_text("Nothing in the server’s history matches.")


def test_older_rows_come_above_and_nothing_moves(page: Page, wall: Wall) -> None:
    filled(page, wall, 1500)
    page.keyboard.press("Home")
    # A server that is busy answers with the part that it has found.
    block_until(lambda: page.evaluate(LOAD_OLDER) == 1500, 60)
    expect(rows(page).filter(has_text=re.compile(r"line 500$"))).to_have_count(1)
    page.keyboard.press("Home")
    expect(rows(page).filter(has_text=re.compile(r"line 0$"))).to_have_count(1)
    expect(page.locator('[data-role="mark-older"]')).to_have_count(0)
    assert texts(page)[:2] == ["line 0", "line 1"]
    assert counters(page)["received"] == 1000


def test_what_a_tab_slept_through_is_fetched_and_stands_in_its_place(page: Page, wall: Wall) -> None:
    """The worker keeps 20 000; a tab that slept for longer asks the server for the others."""
    page.add_init_script(SLEEP)
    filled(page, wall, 10)
    page.evaluate("() => { globalThis.asleep = true; }")
    awake = page.context.new_page()
    open_live(awake, wall)
    wall.publish_lines([f"line {n}" for n in range(10, 40_000)])
    # Where drawing is slow the worker lets go of some that this tab has not had, too; the last ones are what counts.
    expect(rows(awake).filter(has_text="line 39999")).to_have_count(1, timeout=60_000)
    awake.close()
    page.evaluate("() => { globalThis.asleep = false; for (const post of held) post(); }")
    page.wait_for_function("() => eyewall.store.live.held === 40000", timeout=50_000)
    assert page.evaluate("() => eyewall.counters.received") < 40_000
    expect(page.locator('[data-role="mark-asleep"]')).to_have_count(0)
    texts_in_memory = """() => {
        const { ring } = eyewall.store.live;
        return [...Array(ring.end - ring.first).keys()].map((n) => ring.get(ring.first + n).message);
    }"""
    assert page.evaluate(texts_in_memory) == [f"line {n}" for n in range(40_000)]


@pytest.mark.parametrize("width", [360, 1280])
def test_rows_that_left_the_memory_while_they_were_read_can_be_loaded_again(page: Page, wall: Wall, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    filled(page, wall, 900)
    page.evaluate("() => eyewall.store.set({ ring: '1000' })")
    page.keyboard.press("Home")
    expect(rows(page).filter(has_text=re.compile(r"line 0$"))).to_have_count(1)
    wall.publish_lines([f"later {n}" for n in range(1000)])
    expect(role(page, "mode-bar")).to_contain_text("The messages you were reading are no longer in memory.")
    role(page, "mode-bar").get_by_role("button", name="Load from the server").click()
    expect(page.locator(".row.selected")).to_contain_text("line 0")


def test_messages_are_taken_along(page: Page, wall: Wall) -> None:
    wall.publish("=1+1", topic="api", data={"a": 'say "hi"'})
    wall.publish("plain", topic="db")
    open_live(page, wall)
    wait_received(page, 2)
    page.get_by_role("button", name="Export").click()
    expect(role(page, "export")).to_contain_text("Messages shown (2)")
    files = {}
    for name in ("ndjson", "csv", "line"):
        with page.expect_download() as download:
            role(page, f"export-{name}").click()
        files[name] = Path(download.value.path()).read_text("utf-8")
    first, second = [json.loads(line) for line in files["ndjson"].splitlines()]
    assert (first["message"], first["data"], second["topic"]) == ("=1+1", {"a": 'say "hi"'}, "db")
    assert ",api,info,,'=1+1," in files["csv"]
    assert files["line"].splitlines()[1].endswith(" INFO db plain")
    with page.expect_download() as download:
        role(page, "export-all").get_by_role("link", name="CSV").click()
    kept = Path(download.value.path()).read_text("utf-8")
    assert kept.replace("\r\n", "\n") == files["csv"].replace("\r\n", "\n")


def test_of_a_paused_page_what_it_shows_is_taken_along_and_counted(page: Page, wall: Wall) -> None:
    wall.publish_lines(["one", "two"])
    open_live(page, wall)
    wait_received(page, 2)
    page.keyboard.press("Space")
    wall.publish_lines(["three", "four", "five"])
    wait_received(page, 5)
    page.get_by_role("button", name="Export").click()
    expect(role(page, "export")).to_contain_text("Messages shown (2)")
    with page.expect_download() as download:
        role(page, "export-line").click()
    assert len(Path(download.value.path()).read_text("utf-8").splitlines()) == 2


def test_the_link_of_a_message_can_be_copied(page: Page, wall: Wall) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_live(page, wall)
    id_ = wall.publish("copy me")
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("k")
    page.keyboard.press("y")
    page.wait_for_function("async (link) => await navigator.clipboard.readText() === link", arg=f"{wall.url}/?at={id_}")
