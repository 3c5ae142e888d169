"""A clock that is set back stops nothing."""

import time

import pytest
from tornado.ioloop import IOLoop, PeriodicCallback

from tests.waiting import until


@pytest.mark.gen_test
async def test_a_periodic_callback_goes_on_when_the_clock_is_set_back_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Tornado's own loop it would be silent for that hour."""
    calls: list[float] = []
    timer = PeriodicCallback(lambda: calls.append(time.monotonic()), 2)
    timer.start()
    await until(lambda: len(calls) > 2)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 3600)
    before = len(calls)
    await until(lambda: len(calls) > before + 3)
    timer.stop()


@pytest.mark.gen_test
async def test_the_loops_time_is_not_the_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = IOLoop.current()
    before = loop.time()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert loop.time() >= before
