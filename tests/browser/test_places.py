"""What is read stays where it is, whatever is pressed; and the page works wherever a proxy serves it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.parts import counters, open_live, role, rows, wait_received
from tests.faults import faults_before
from tests.wall import StartWall, Wall

FIRST = """() => {
    const feed = document.querySelector('[data-role=feed]').getBoundingClientRect();
    return [...document.querySelectorAll('[data-role=message]')]
        .find((row) => row.getBoundingClientRect().top >= feed.top - 1).querySelector('.cell-text').textContent;
}"""


def test_the_first_notch_of_the_wheel_moves_the_rows(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(200)])
    open_live(page, wall)
    wait_received(page, 200)
    expect(rows(page).filter(has_text="line 199")).to_be_visible()
    place = "() => document.querySelector('[data-role=feed]').scrollTop"
    before = page.evaluate(place)
    role(page, "feed").hover()
    page.mouse.wheel(0, -100)
    page.wait_for_function(f"(before) => ({place})() <= before - 100", arg=before)
    expect(role(page, "mode-bar")).to_contain_text("Scrolled back")


def test_a_filter_that_is_set_and_cleared_while_paused_leaves_the_rows_where_they_were(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n} {'timeout' if n < 40 else 'ok'}" for n in range(400)])
    open_live(page, wall)
    wait_received(page, 400)
    page.keyboard.press("Space")
    page.wait_for_function("() => eyewall.store.view.mode === 'paused'")
    before = page.evaluate(FIRST)
    role(page, "filter").fill("timeout")
    expect(role(page, "found")).to_have_text("40 of 400")
    role(page, "filter").fill("")
    expect(role(page, "found")).to_have_text("")
    page.wait_for_function(f"(before) => ({FIRST})() === before", arg=before)


def test_the_rows_before_and_behind_a_linked_message_stay_with_its_topic(page: Page, wall: Wall) -> None:
    """Topic, level and filter keep the message, and the address of a link."""
    ids = [wall.publish(f"line {n}", topic=("api", "db")[n % 2]) for n in range(300)]
    page.goto(f"{wall.url}/?at={ids[101]}")
    expect(page.locator(".row.selected")).to_contain_text("line 101")
    page.keyboard.press("f")
    expect(page.locator(".row.selected")).to_contain_text("line 101")
    expect(rows(page).filter(has_text="line 103")).to_be_visible()
    expect(rows(page).filter(has_text="line 102")).to_have_count(0)
    page.wait_for_url(re.compile(f"at={ids[101]}.*topic=db"))
    page.keyboard.press("4")
    expect(page.locator(".row.selected")).to_contain_text("line 101")
    page.wait_for_url(re.compile(f"at={ids[101]}.*levels="))


@pytest.mark.parametrize("where", ["reading", "linked"])
def test_another_zone_leaves_the_rows_where_they_were(page: Page, wall: Wall, where: str) -> None:
    """A change of the zone has all rows looked through again, as days begin elsewhere."""
    wall.publish_lines([f"line {n}" for n in range(400)])
    ids = {each["message"]: each["id"] for each in wall.get_json("/messages?limit=1000")["messages"]}
    open_live(page, wall)
    wait_received(page, 400)
    if where == "linked":
        page.goto(f"{wall.url}/?at={ids['line 200']}")
        expect(page.locator(".row.selected")).to_contain_text("line 200")
    else:
        role(page, "feed").hover()
        page.mouse.wheel(0, -3000)
        page.wait_for_function(f"() => Number(({FIRST})().slice(5)) < 300")
    before = page.evaluate(FIRST)
    page.keyboard.press("t")
    page.wait_for_function("() => eyewall.store.view.zone === 'utc' && !eyewall.store.scanning")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate(FIRST) == before


def test_live_is_live_also_for_a_reader_of_history_who_had_scrolled_back(page: Page, wall: Wall) -> None:
    ids = [wall.publish(f"line {n}") for n in range(100)]
    open_live(page, wall)
    wait_received(page, 100)
    page.keyboard.press("Home")
    expect(role(page, "mode-bar")).to_contain_text("Scrolled back")
    page.evaluate("(id) => void eyewall.actions.showAround(id)", ids[50])
    expect(page.locator(".row.selected")).to_contain_text("line 50")
    role(page, "to-live").click()
    expect(role(page, "mode-bar")).to_be_hidden()
    expect(rows(page).filter(has_text="line 99")).to_be_in_viewport()


def test_the_last_row_is_seen_when_a_key_selects_it(page: Page, wall: Wall) -> None:
    """The band below the rows comes at that moment."""
    wall.publish_lines([f"line {n}" for n in range(100)])
    open_live(page, wall)
    wait_received(page, 100)
    page.keyboard.press("k")
    selected = page.locator(".row.selected")
    expect(selected).to_contain_text("line 99")
    expect(selected).to_be_in_viewport(ratio=1)
    band = role(page, "mode").bounding_box()
    row = selected.bounding_box()
    assert band is not None
    assert row is not None
    assert row["y"] + row["height"] <= band["y"] + 1


# 300 messages, two seconds apart.
TEN_MINUTES = """() => {
    const { store } = eyewall;
    const now = Date.now();
    const say = (n) => ({
        id: `7-${n}`, time: new Date(now - (300 - n) * 2000).toISOString(),
        topic: 'api', level: 'info', message: `line ${n}`,
    });
    const batch = JSON.stringify(Array.from({ length: 300 }, (_, n) => say(n + 1)));
    store.receive('batch', { batch, heard: now, proof: store.proof, left: 0 });
}"""


def test_a_range_of_the_chart_is_shown_from_its_beginning(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    page.evaluate(TEN_MINUTES)
    expect(rows(page).filter(has_text="line 300")).to_be_visible()
    box = role(page, "histogram-chart").bounding_box()
    assert box is not None
    y = box["y"] + 20
    page.mouse.move(box["x"] + box["width"] * 0.5, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, y)
    page.mouse.up()
    expect(role(page, "found")).to_have_text(re.compile(r"^1\d\d of 300$"))
    oldest = page.evaluate("() => eyewall.store.ring.get(eyewall.store.matching.at(eyewall.store.rows.lo)).message")
    page.wait_for_function(f"(oldest) => ({FIRST})() === oldest", arg=oldest)


def test_the_number_of_more_lines_is_never_cut(page: Page, wall: Wall) -> None:
    wall.publish("\n".join(["x" * 900, *"abcdefg"]))
    open_live(page, wall)
    tag = rows(page).locator(".tag")
    expect(tag).to_have_text("+7 lines")
    assert tag.evaluate("(tag) => tag.scrollWidth <= tag.clientWidth")
    expect(tag).to_be_in_viewport(ratio=1)


def test_the_page_works_under_a_path_of_a_proxy(page: Page, wall: Wall) -> None:
    requests: list[str] = []
    page.context.on("request", lambda request: requests.append(request.url))
    id_ = wall.publish("linked")
    with faults_before(wall) as faults:
        faults.prefix = "/wall"
        page.goto(f"{faults.url}/wall/")
        expect(rows(page)).to_have_count(1)
        page.keyboard.press("k")
        page.keyboard.press("x")
        page.wait_for_url(f"{faults.url}/wall/?at={id_}")
        page.keyboard.press("?")
        expect(role(page, "help")).to_contain_text("focus filter")
        role(page, "dialog-help").press("Escape")
        wall.publish("later")
        page.wait_for_function("() => eyewall.counters.received === 2")
        page.evaluate("() => eyewall.actions.backToLive()")
        expect(rows(page)).to_have_count(2)
    assert requests
    assert all(url.startswith(f"{faults.url}/wall/") for url in requests), requests


def test_where_the_script_does_not_arrive_the_page_says_so(page: Page, wall: Wall) -> None:
    page.route("**/static/app.js", lambda route: route.abort())
    page.goto(wall.url)
    expect(role(page, "unstarted")).to_be_visible()
    expect(role(page, "unstarted")).to_contain_text("The script of this page did not arrive")
    page.unroute("**/static/app.js")
    open_live(page, wall)
    expect(role(page, "unstarted")).to_have_count(0)


def test_what_is_printed_are_the_messages_that_are_shown(page: Page, wall: Wall) -> None:
    wall.publish_lines([f"line {n}" for n in range(300)])
    open_live(page, wall)
    wait_received(page, 300)
    role(page, "filter").fill('"line 1"')
    expect(role(page, "found")).to_have_text("111 of 300")
    page.emulate_media(media="print")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    sheet = page.locator(".printed")
    expect(sheet).to_be_visible()
    assert len(sheet.inner_text().splitlines()) == 111
    expect(role(page, "messages")).to_be_hidden()
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    expect(sheet).to_have_count(0)
    assert counters(page)["missing"] == 0


def test_another_title_in_the_config_needs_no_reload(page: Page, start_wall: StartWall) -> None:
    wall = start_wall("dashboard:\n  title: Old name\n")
    open_live(page, wall)
    expect(page).to_have_title(re.compile("Old name"))
    wall.config.write_text("dashboard:\n  title: Shop production\n", "utf-8")
    expect(page).to_have_title(re.compile("Shop production"))
    expect(role(page, "title")).to_have_text("Shop production")
