"""Waiting for a fact instead of sleeping until it is probably true."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Long enough not to load the loop under test, short enough not to be felt.
POLL_SECONDS = 0.005


# The timeout expires only after this many checks too: a process that was stalled all the time has not waited.
LOOKS_A_SECOND = 5


async def until(condition: Callable[[], T], seconds: float = 10) -> T:
    """The condition's first true value. Raises TimeoutError with its last false one."""
    limit = _Limit(seconds)
    while not (value := condition()):
        limit.check(value)
        await asyncio.sleep(POLL_SECONDS)
    return value


def block_until(condition: Callable[[], T], seconds: float = 10) -> T:
    """The same for tests without a loop, of processes and of the page. Never inside a gen_test."""
    limit = _Limit(seconds)
    while not (value := condition()):
        limit.check(value)
        time.sleep(POLL_SECONDS)
    return value


class _Limit:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._looks = seconds * LOOKS_A_SECOND

    def check(self, value: object) -> None:
        """After each look in vain."""
        self._looks -= 1
        if time.monotonic() > self._deadline and self._looks < 0:
            raise TimeoutError(f"not true within {self._seconds} s, last value: {value!r}")
