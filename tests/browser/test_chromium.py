"""The browser under the page's tests."""

from playwright.sync_api import Page


def test_a_page_is_drawn_and_its_clicks_are_heard(page: Page) -> None:
    page.set_content("<button onclick='this.textContent = `heard`'>say</button>")
    page.get_by_role("button").click()
    assert page.get_by_role("button").text_content() == "heard"
