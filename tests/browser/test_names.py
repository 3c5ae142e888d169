"""The modules of the page share one scope: what one of them calls something, it is called in all."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from handlers.bundle import NAME, join

STATIC = Path(__file__).parent.parent.parent / "static"


@pytest.mark.parametrize("entry", ["app.js", "stream/worker.js"])
def test_no_name_of_ours_hides_one_of_the_browser(page: Page, entry: str) -> None:
    """`history` in one module would no longer be the browser's in another."""
    names = NAME.findall(join(STATIC / entry))
    assert names
    assert page.evaluate("(names) => names.filter((name) => name in globalThis)", names) == []
