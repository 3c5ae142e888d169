"""All that one message says: of the row that was chosen, and of no other."""

from playwright.sync_api import Page, expect

from tests.browser.parts import open_live, role, rows, wait_received
from tests.wall import Wall

LOSS = """() => {
    const { store } = eyewall;
    const now = Date.now();
    const mark = { mark: 'loss', at: now, from: now - 1000, times: 1, replayed: 0, missing: 0 };
    store.receive('batch', { batch: JSON.stringify([mark]), heard: now, proof: store.proof, left: 0 });
}"""


def test_a_row_that_is_no_message_has_no_details(page: Page, wall: Wall) -> None:
    wall.publish("read me")
    open_live(page, wall)
    page.evaluate(LOSS)
    rows(page).first.click()
    expect(role(page, "details")).to_contain_text("read me")
    role(page, "mark-loss").click()
    expect(role(page, "details")).to_contain_text("Select a message to see its details.")
    page.keyboard.press("Escape")
    expect(role(page, "panel")).to_be_hidden()
    rows(page).first.click()
    expect(role(page, "details")).to_contain_text("read me")
    page.keyboard.press("Escape")
    role(page, "mark-loss").click()
    expect(role(page, "mark-loss")).to_have_attribute("aria-selected", "true")
    expect(role(page, "panel")).to_be_hidden()


def test_a_message_that_has_left_the_memory_while_it_is_read_is_shown_in_context(page: Page, wall: Wall) -> None:
    id_ = wall.publish("read me")
    open_live(page, wall)
    rows(page).first.click()
    expect(role(page, "details")).to_contain_text("read me")
    page.evaluate("() => eyewall.store.set({ ring: '1000' })")
    wall.publish_lines([f"line {n}" for n in range(2000)])
    wait_received(page, 2001)
    assert page.evaluate("(id) => eyewall.store.live.find(id)", id_) == -1
    expect(role(page, "details")).to_contain_text("read me")
    page.get_by_role("button", name="Show in context").click()
    expect(page.locator(".row.selected")).to_contain_text("read me")


def test_the_event_s_own_time_is_beside_the_time_of_arrival(page: Page, wall: Wall) -> None:
    wall.publish_lines(['{"message": "late", "ts": 1715681521}', '{"message": "now", "time": 5}'])
    open_live(page, wall)
    facts = role(page, "details").locator(".fact")
    rows(page).filter(has_text="late").click()
    expect(facts.filter(has_text="Event time")).to_contain_text("2024-05-14T10:12:01.000Z")
    rows(page).filter(has_text="now").click()
    expect(role(page, "details")).to_contain_text("now")
    expect(facts.filter(has_text="Event time")).to_have_count(0)
