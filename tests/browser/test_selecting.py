"""Rows as text: what is selected over several rows is what is copied, in the order of the screen."""

from playwright.sync_api import Page, expect

from tests.browser.parts import open_live, pasted, role, rows, wait_received
from tests.wall import Wall

ORDER = """() => [...document.querySelectorAll('[data-role="message"]')]
    .map((row) => row.querySelector('.cell-text').textContent)"""

TOP = "() => document.querySelector('[data-role=feed]').scrollTop"


def scrolled(page: Page, wall: Wall, many: int = 200) -> list[str]:
    """A page that was scrolled back and forth; the texts in the order of the screen."""
    wall.publish_lines([f"line {n}" for n in range(many)])
    open_live(page, wall)
    wait_received(page, many)
    expect(rows(page).filter(has_text=f"line {many - 1}")).to_be_visible()
    role(page, "feed").hover()
    for delta in (-1300, 500, -777):
        before = page.evaluate(TOP)
        page.mouse.wheel(0, delta)
        # Handled, which takes a while after wheel() has returned, and at rest.
        page.wait_for_function(
            "(before) => { const top = document.querySelector('[data-role=feed]').scrollTop;"
            " const rests = top !== before && globalThis.top_ === top; globalThis.top_ = top; return rests; }",
            arg=before,
            polling=100,
        )
    seen: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('[data-role="message"]')]
            .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
            .map((row) => row.querySelector('.cell-text').textContent)"""
    )
    return seen


def test_rows_stand_in_the_document_as_on_the_screen(page: Page, wall: Wall) -> None:
    seen = scrolled(page, wall)
    assert page.evaluate(ORDER) == seen


def test_text_selected_over_rows_is_copied_one_line_a_message(page: Page, wall: Wall) -> None:
    seen = scrolled(page, wall)
    first, last = seen[8], seen[12]
    page.evaluate(
        """([first, last]) => {
            const cell = (text) => [...document.querySelectorAll('.cell-text')]
                .find((each) => each.textContent === text).firstChild;
            getSelection().setBaseAndExtent(cell(first), 0, cell(last), last.length);
        }""",
        [first, last],
    )
    page.keyboard.press("Control+c")
    copied = pasted(page).splitlines()
    assert copied[0] == first
    assert [line.rsplit(" ", 2)[-2:] for line in copied] == [line.split(" ") for line in seen[8:13]]


def test_shift_click_and_select_all_copy_whole_messages(page: Page, wall: Wall) -> None:
    wall.publish("first\nof two lines")
    for n in range(3):
        wall.publish(f"line {n}")
    open_live(page, wall)
    wait_received(page, 4)
    rows(page).first.click()
    page.keyboard.press("Escape")
    rows(page).nth(2).click(modifiers=["Shift"])
    expect(page.locator(".row.picked")).to_have_count(3)
    page.keyboard.press("Control+c")
    copied = pasted(page)
    assert "first\nof two lines\n" in copied
    assert "line 1" in copied
    assert "line 2" not in copied
    page.keyboard.press("Escape")
    role(page, "feed").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    assert pasted(page).count("demo") == 4
