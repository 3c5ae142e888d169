"""A real Chromium for the tests in this folder.

Playwright's synchronous API marks its thread as having a running loop, which would break every
Tornado test after it. So it lives in a thread of its own, and a test that takes `page` runs there.
A fixture that drives the page asks for `in_browser` and hands its calls over.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, Protocol, TypeVar

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.chromium import CHROMIUM, skip_without_chromium

P = ParamSpec("P")
T = TypeVar("T")

# A guess for a machine that is busy with other things; what is awaited mostly comes at once.
expect.set_options(timeout=20_000)

browser_thread = ThreadPoolExecutor(1, "playwright")


class InBrowser(Protocol):
    """Calls a function in the browser's thread and gives its result, or raises what it raised."""

    def __call__(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...


@pytest.fixture(scope="session")
def in_browser() -> InBrowser:
    def call(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return browser_thread.submit(function, *args, **kwargs).result()

    return call


@pytest.fixture(scope="session")
def browser(in_browser: InBrowser) -> Iterator[Browser]:
    skip_without_chromium()
    playwright = in_browser(sync_playwright().start)
    browser = in_browser(playwright.chromium.launch, executable_path=CHROMIUM)
    yield browser
    in_browser(browser.close)
    in_browser(playwright.stop)


@pytest.fixture
def page(browser: Browser, in_browser: InBrowser) -> Iterator[Page]:
    """A tab in a profile of its own. An uncaught error or a breach of the CSP fails the test."""
    faults: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    def open_tab() -> Page:
        page = browser.new_context().new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", on_console)
        return page

    page = in_browser(open_tab)
    yield page
    in_browser(page.context.close)
    assert not faults, faults


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if "page" not in pyfuncitem.fixturenames:
        return None
    names = pyfuncitem._fixtureinfo.argnames
    browser_thread.submit(pyfuncitem.obj, **{name: pyfuncitem.funcargs[name] for name in names}).result()
    return True
