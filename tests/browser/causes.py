"""What can go wrong between a page and its wall; each is done to a page, and gives the moment at which it was."""

import signal
import time
from collections.abc import Callable

from playwright.sync_api import Page

from tests.faults import Faults
from tests.waiting import block_until

Cause = Callable[[Page, Faults], float]


def cut(faults: Faults) -> float:
    """The stream is reset, and what it was reset for meets the next attempt: then it is the cause of what is said."""
    asked = len(faults.requests)
    faults.cut()
    block_until(lambda: any(each.startswith("GET /events") for each in faults.requests[asked:]))
    return time.time()


def answers(said: bytes) -> Cause:
    def cause(page: Page, faults: Faults) -> float:
        faults.answer = said
        return cut(faults)

    return cause


def refuses(page: Page, faults: Faults) -> float:
    faults.refuses = True
    began = time.time()
    faults.cut()
    return began


def goes_offline(page: Page, faults: Faults) -> float:
    faults.refuses = True
    began = time.time()
    page.context.set_offline(True)
    faults.cut()
    return began


def holds_back(page: Page, faults: Faults) -> float:
    faults.holds_bodies = True
    return cut(faults)


def holds_answers(page: Page, faults: Faults) -> float:
    faults.holds_answers = True
    return cut(faults)


def ends(page: Page, faults: Faults) -> float:
    """Neither reset nor finished: the server is gone."""
    began = time.time()
    faults.wall.kill()
    return began


def is_reset(page: Page, faults: Faults) -> float:
    """Once, and what comes next passes: seen for the moment until then."""
    began = time.time()
    faults.cut()
    return began


def stalls(page: Page, faults: Faults) -> float:
    """From now on nothing passes, without an error: silence counts from the last event."""
    faults.holds_bodies = True
    page.wait_for_timeout(1000)
    return float(page.evaluate("() => eyewall.store.link.heard")) / 1000


def restarts(page: Page, faults: Faults) -> float:
    began = time.time()
    faults.wall.signal(signal.SIGTERM)
    return began


def is_told_to_leave(page: Page, faults: Faults) -> float:
    own = page.evaluate("() => eyewall.store.connection")
    began = time.time()
    faults.wall.get(f"/connections/{own}", method="DELETE")
    return began
