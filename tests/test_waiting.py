"""The two waits that take the place of sleeps."""

import time

import pytest
from tornado.ioloop import IOLoop

from tests.waiting import block_until, until


@pytest.mark.gen_test
async def test_a_wait_ends_with_the_fact_and_lets_the_loop_run() -> None:
    seen: list[str] = []
    IOLoop.current().call_later(0.01, seen.append, "it happened")
    assert await until(lambda: seen) == ["it happened"]


@pytest.mark.gen_test
async def test_a_wait_for_what_never_happens_ends_with_its_last_value() -> None:
    with pytest.raises(TimeoutError, match=r"within 0\.02 s, last value: 0"):
        await until(lambda: 0, seconds=0.02)


def test_a_wait_without_a_loop_gives_the_value_it_waited_for() -> None:
    values = iter(["", "", "ready"])
    assert block_until(lambda: next(values)) == "ready"


def test_a_wait_delayed_past_its_time_limit_checks_once_more() -> None:
    """Imitate a machine that stood still."""
    looks: list[None] = []

    def held_up_at_first() -> bool:
        if not looks:
            time.sleep(0.5)
        looks.append(None)
        return len(looks) > 2

    assert block_until(held_up_at_first, seconds=0.4)
