"""Takes pictures of the page in ten of its states, light and dark, wide and narrow, into docs/screens/.

    make screenshots [STATES='lost gaps' or STATES=all]

Nothing is compared. Each picture has a server of its own, because many states end it.
"""

import re
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.parts import role, rows
from tests.chromium import CHROMIUM
from tests.faults import Faults, answer, faults_before
from tests.wall import Wall

FOLDER: Final = Path(__file__).with_name("screens")
THEMES: Final[Sequence[Literal["light", "dark"]]] = ("light", "dark")
SIZES: Final = ((1440, 900), (360, 740))
SETTINGS: Final = "dashboard: {title: ops-1}\nstream: {heartbeat_seconds: 1}\nserver: {drain_seconds: 0.1}\n"
# Topic, level, text and data of some messages.
SAMPLES: Final = (
    ("api.auth", "info", "login ana@example.com from 10.0.0.12", None),
    ("db.primary", "warning", "slow query: SELECT … FROM orders WHERE customer = 4711", {"ms": 2150, "rows": 3}),
    ("api.payments", "error", "timeout calling payments after 3 tries", {"status": 504, "trace": {"id": "7f3a"}}),
    ("host.web-1", "critical", "disk full: /var/lib/postgresql", None),
    ("build", "debug", "\x1b[32m42 passed\x1b[0m, \x1b[1;31m1 failed\x1b[0m in 3.1 s", None),
    ("job", "error", 'Traceback (most recent call last):\n  File "job.py", line 7\nValueError: no such day', None),
)

State = Callable[[Page, Faults], object]


def feed(page: Page, faults: Faults) -> None:
    """Messages of every level."""
    for topic, level, text, data in SAMPLES * 8:
        faults.wall.publish(text, topic, level=level, **({"data": data} if data else {}))
    expect(rows(page).filter(has_text="disk full").first).to_be_visible()


def keys(*names: str) -> State:
    def press(page: Page, faults: Faults) -> None:
        feed(page, faults)
        for name in names:
            page.keyboard.press(name)

    return press


def filtered(text: str) -> State:
    def fill(page: Page, faults: Faults) -> None:
        feed(page, faults)
        role(page, "filter").fill(text)

    return fill


def button(name: str) -> State:
    """Click the button where the screen has one."""

    def click(page: Page, faults: Faults) -> None:
        feed(page, faults)
        for found in page.get_by_role("button", name=name, exact=True).all():
            if found.is_visible():
                found.click()

    return click


def trouble(pill: str, cause: State) -> State:
    """Cause a fault of the network or the server, and wait until the page names it."""

    def make(page: Page, faults: Faults) -> None:
        feed(page, faults)
        cause(page, faults)
        expect(role(page, "connection-state")).to_have_text(re.compile(pill), timeout=40_000)

    return make


def faulty(pill: str, *, cut: bool = True, **fault: object) -> State:
    def cause(_: Page, faults: Faults) -> None:
        for name, value in fault.items():
            setattr(faults, name, value)
        if cut:
            faults.cut()

    return trouble(pill, cause)


def address(query: str) -> State:
    def visit(page: Page, faults: Faults) -> None:
        feed(page, faults)
        epoch = str(faults.wall.get_json("/messages?limit=1")["head"]).split("-")[0]
        page.goto(faults.url + query.format(epoch=epoch))
        expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))

    return visit


def script(before: str) -> State:
    """Change something about the browser."""

    def visit(page: Page, faults: Faults) -> None:
        page.add_init_script(before)
        page.reload()
        feed(page, faults)

    return visit


def config(text: str) -> State:
    def edit(page: Page, faults: Faults) -> None:
        feed(page, faults)
        faults.wall.config.write_text(SETTINGS + text, "utf-8")
        expect(role(page, "banner")).to_have_count(1)

    return edit


def gaps(page: Page, faults: Faults) -> None:
    feed(page, faults)
    faults.swallows = b'"lost '
    faults.cut()
    expect(role(page, "mark-loss")).to_have_count(1)
    for text in ("before", "lost 1", "lost 2", "after"):
        faults.wall.publish(text)
    expect(role(page, "mark-gap")).to_have_count(1)


def refused(page: Page, faults: Faults) -> None:
    keys("p")(page, faults)
    role(page, "publish-text").fill("with data")
    role(page, "publish").locator("summary").click()
    role(page, "publish-data").fill('{"a": oops}')
    role(page, "publish-send").click()


def disconnecting(page: Page, faults: Faults) -> None:
    keys("]")(page, faults)
    role(page, "connection").get_by_role("button").click()


def reconnected(page: Page, faults: Faults) -> None:
    """Heal slowly, so that the state can be seen."""
    faults.refuses = True
    faults.cut()
    expect(role(page, "connection-state")).to_have_text("Connection lost")
    faults.wall.publish_lines(
        [f"line {n} of what was missed, with some more text to make it long" for n in range(9000)]
    )
    faults.delay_seconds = 0.3
    faults.heal()


def own(page: Page, faults: Faults) -> None:
    faults.wall.get(f"/connections/{page.evaluate('() => eyewall.store.connection')}", method="DELETE")


def unanswered(page: Page, faults: Faults) -> None:
    faults.holds_answers = True
    page.reload()
    expect(role(page, "state-bar")).to_contain_text("Still connecting.")


def offline(page: Page, faults: Faults) -> None:
    faults.refuses = True
    page.context.set_offline(True)
    faults.cut()


def new_version(page: Page, faults: Faults) -> None:
    feed(page, faults)
    beat = "{time: new Date().toISOString(), version: '99'}"
    page.evaluate(f"() => eyewall.store.receive('heartbeat', {beat})")


def ledger(page: Page, faults: Faults) -> None:
    gaps(page, faults)
    role(page, "proof").click()


TEN: Final = (
    "first-run",
    "feed",
    "reading",
    "details",
    "filter",
    "gaps",
    "connections",
    "history",
    "lost",
    "settings",
)
STATES: Final[dict[str, State]] = {
    "first-run": lambda page, _: expect(role(page, "first-run")).to_be_visible(),
    "first-arrived": lambda page, _: role(page, "first-run").get_by_role("button", name="Send it for me").click(),
    "feed": feed,
    "reading": keys("k", "k"),
    "paused": keys("Space"),
    "details": keys("e", "Enter"),
    "connections": keys("]"),
    "connections-disconnect": disconnecting,
    "topics": button("Topics"),
    "publish": keys("p"),
    "publish-refused": refused,
    "help": keys("?"),
    "settings": button("Settings"),
    "export": button("Export"),
    "ledger": ledger,
    "table": button("Show as table"),
    "filter": filtered("timeout OR disk"),
    "filter-wrong": filtered('timeout "never closed'),
    "nothing-matches": filtered("no such words"),
    "levels-hidden": keys("1"),
    "topic-empty": address("/?topic=backup"),
    "history": address("/?at={epoch}-5"),
    "history-gone": address("/?at={epoch}-99999"),
    "gaps": gaps,
    "connecting": unanswered,
    "catching-up": trouble("^Catching up", reconnected),
    "silent": trouble("^Silent", lambda _, faults: faults.wall.signal(signal.SIGSTOP)),
    "held": faulty("^Blocked", holds_bodies=True),
    "lost": faulty("^Connection lost", refuses=True),
    "restarting": trouble("^Restarting", lambda _, faults: faults.wall.signal(signal.SIGTERM)),
    "disconnected": trouble("^Disconnected", own),
    "offline": trouble("^Offline", offline),
    "full": faulty("^Server full", answer=answer("503 Service Unavailable", "Retry-After: 30")),
    "answer": faulty("^HTTP 502", answer=answer("502 Bad Gateway")),
    "config-refused": config("streem: {}\n"),
    "config-applied": config("log: {keep_for: 7d}\n"),
    "new-version": new_version,
    "clock": script("delete globalThis.SharedWorker; const now = Date.now; Date.now = () => now() + 90_000;"),
    "failed": script("HTMLCanvasElement.prototype.getContext = () => { throw new Error('no canvas'); };"),
}


def take(browser: Browser, name: str, theme: Literal["light", "dark"], size: tuple[int, int]) -> None:
    width, height = size
    with TemporaryDirectory() as folder:
        wall = Wall(Path(folder), SETTINGS + "sources: []\n")
        wall.start()
        context = browser.new_context(color_scheme=theme, viewport={"width": width, "height": height})
        try:
            with faults_before(wall) as faults:
                page = context.new_page()
                page.goto(faults.url)
                expect(role(page, "connection-state")).to_have_text(re.compile("^Live"))
                STATES[name](page, faults)
                page.wait_for_timeout(600)  # Counts and rates are drawn twice a second.
                page.screenshot(path=str(FOLDER / f"{name}-{theme}-{width}.png"))
        finally:
            context.close()
            wall.close()


def main(names: Sequence[str]) -> None:
    states = list(STATES) if names == ["all"] else names or TEN
    if unknown := set(states) - set(STATES):
        sys.exit(f"no such state: {', '.join(sorted(unknown))}; there are {', '.join(STATES)}")
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        for name in states:
            for theme in THEMES:
                for size in SIZES:
                    take(browser, name, theme, size)
            print(name, flush=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
