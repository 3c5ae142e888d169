"""What goes by its age, where the clock was or is wrong."""

import asyncio
import logging
import time
from pathlib import Path

import pytest

from hub.log import age
from hub.log.jobs import relaxed_transaction
from hub.log.sqlite import SqliteLog
from tests.hub.kept import Kept
from tests.hub.log_files import NOON, Time, config

DAY = 86_400.0


def test_a_clock_that_jumps_forward_takes_nothing_for_an_hour(kept: Kept, caplog: pytest.LogCaptureFixture) -> None:
    """It took the whole history within a second. Whoever did not mean it has time to set it right."""
    kept.fill(1000)
    kept.clock.jump(31 * DAY)
    for _ in range(60):
        kept.prune()
        kept.clock.now += 59
    assert kept.seqs == (1, 1000)
    assert [record.getMessage() for record in caplog.records] == [
        "the clock jumped 744.0 hours forward: for an hour nothing goes by its age"
    ]
    kept.clock.now += 60
    kept.prune()
    assert kept.seqs == (1000, 1000)


def test_a_clock_that_is_set_right_again_has_taken_nothing(kept: Kept, caplog: pytest.LogCaptureFixture) -> None:
    kept.fill(1000)
    kept.clock.jump(31 * DAY)
    kept.prune()
    kept.clock.jump(-31 * DAY)
    for _ in range(10):
        kept.clock.now += 3600
        kept.prune()
    assert kept.seqs == (1, 1000)
    assert len(caplog.records) == 1


def test_time_that_passes_is_no_jump_however_long_nobody_looked(kept: Kept, caplog: pytest.LogCaptureFixture) -> None:
    kept.fill(1000)
    kept.clock.now += 31 * DAY
    with caplog.at_level(logging.WARNING):
        kept.prune()
    assert kept.seqs == (1000, 1000)
    assert not caplog.records


def test_a_machine_that_was_suspended_has_not_jumped(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Linux's monotonic clock stands still meanwhile; for an hour nothing would have gone by its age."""
    clock = Time()
    monkeypatch.setattr(time, "clock_gettime", lambda which: {time.CLOCK_BOOTTIME: clock}[which]())
    log = SqliteLog(str(path), config(), clock)
    clock.now += 8 * 3600
    assert log._retention._age.now() == clock.now
    asyncio.run(log.stop())


def test_a_jump_forgets_no_receipt_either(kept: Kept) -> None:
    row = ("key", b"digest", 1, 1, int(NOON * 1000), 0)
    kept.connection.execute("INSERT INTO receipt VALUES (?, ?, ?, ?, ?, ?)", row)
    kept.clock.jump(2 * DAY)
    assert not kept.chores.forget_receipts(kept.connection, False)
    kept.clock.now += 3600
    assert kept.chores.forget_receipts(kept.connection, False)


def test_receipts_from_the_future_hold_up_none_behind_them(kept: Kept) -> None:
    """Said while the clock was a year ahead; for a year nothing more would be forgotten."""

    def remember(when: float, *keys: str) -> None:
        rows = [(key, b"digest", 1, 1, int(when * 1000), 0) for key in keys]
        with relaxed_transaction(kept.connection):
            kept.connection.executemany("INSERT INTO receipt VALUES (?, ?, ?, ?, ?, ?)", rows)

    remember(NOON + 365 * DAY, *(f"ahead {number}" for number in range(1000)))
    remember(NOON, "behind")
    remember(NOON + DAY, "young")
    kept.clock.now += DAY + 61
    while kept.chores.forget_receipts(kept.connection, False):
        pass
    assert kept.connection.execute("SELECT key FROM receipt").fetchall() == [("young",)]


@pytest.mark.parametrize("ahead", [5, 250])
def test_what_seems_to_come_from_the_future_holds_up_nothing_behind_it(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    """Said while the clock was a year ahead. It goes with those behind it, so that what is kept has no holes."""
    monkeypatch.setattr(age, "WINDOW_ROWS", 100)
    kept.chores.config = config(keep_for="30d")
    kept.fill(ahead, time=NOON + 365 * DAY)
    kept.fill(300)
    kept.clock.now += 29 * DAY
    kept.fill(10, time=kept.clock.now)
    for _ in range(5):
        kept.prune()
    assert kept.seqs == (1, ahead + 310)
    kept.clock.now += 2 * DAY
    for _ in range(5):
        kept.prune()
    assert kept.seqs == (ahead + 301, ahead + 310)


def test_what_came_from_the_future_is_as_old_as_it_seems_when_that_has_come(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then those behind it wait, when none of them is too old before it."""
    monkeypatch.setattr(age, "WINDOW_ROWS", 100)
    kept.chores.config = config(keep_for="30d")
    kept.fill(250, time=NOON + 3 * DAY)
    kept.fill(10, time=NOON + 1)
    for _ in range(5):
        kept.prune()
    kept.clock.now += 31 * DAY
    for _ in range(5):
        kept.prune()
    assert kept.seqs == (1, 260)
    kept.clock.now += 3 * DAY
    kept.prune()
    assert kept.seqs == (260, 260)
