"""Waiting for a fact instead of sleeping until it is probably true."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Long enough not to load the loop under test, short enough not to be felt.
POLL_SECONDS = 0.005


async def until(condition: Callable[[], T], seconds: float = 10) -> T:
    """The condition's first true value. Raises TimeoutError with its last false one."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        _check(deadline, seconds, value)
        await asyncio.sleep(POLL_SECONDS)
    return value


def block_until(condition: Callable[[], T], seconds: float = 10) -> T:
    """The same for tests without a loop, of processes and of the page. Never inside a gen_test."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        _check(deadline, seconds, value)
        time.sleep(POLL_SECONDS)
    return value


def _check(deadline: float, seconds: float, value: object) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError(f"not true within {seconds} s, last value: {value!r}")
