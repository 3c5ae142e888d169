"""What expires by its age while the clock is wrong, or after it was."""

import logging
import time

import pytest

from hub.log.age import Age
from hub.log.maintenance import relaxed_transaction
from tests.hub.kept import Kept
from tests.hub.log_files import NOON, Time

DAY = 86_400.0


def test_a_clock_that_jumps_forward_takes_nothing_for_an_hour(kept: Kept, caplog: pytest.LogCaptureFixture) -> None:
    """It expired the whole history within a second. Now the operator has an hour to set the clock right."""
    kept.fill(1000)
    kept.clock.jump(31 * DAY)
    for _ in range(60):
        kept.prune()
        kept.clock.now += 59
    assert kept.seqs == (1, 1000)
    assert [record.getMessage() for record in caplog.records] == [
        "the clock jumped 744.0 hours forward: for an hour nothing expires by its age"
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


def test_time_that_passes_between_two_readings_is_not_a_jump(kept: Kept, caplog: pytest.LogCaptureFixture) -> None:
    kept.fill(1000)
    kept.clock.now += 31 * DAY
    with caplog.at_level(logging.WARNING):
        kept.prune()
    assert kept.seqs == (1000, 1000)
    assert not caplog.records


def test_a_jump_forgets_no_receipt_either(kept: Kept) -> None:
    row = ("", "key", b"digest", 1, 1, int(NOON * 1000))
    kept.connection.execute("INSERT INTO receipt VALUES (?, ?, ?, ?, ?, ?)", row)
    kept.clock.jump(2 * DAY)
    assert not kept.expire_receipts(kept.connection)
    kept.clock.now += 3600
    assert kept.expire_receipts(kept.connection)


def test_receipts_from_the_future_hold_up_none_behind_them(kept: Kept) -> None:
    """Said while the clock was a year ahead; for a year nothing more would be forgotten."""

    def remember(when: float, *keys: str) -> None:
        rows = [("", key, b"digest", 1, 1, int(when * 1000)) for key in keys]
        with relaxed_transaction(kept.connection):
            kept.connection.executemany("INSERT INTO receipt VALUES (?, ?, ?, ?, ?, ?)", rows)

    remember(NOON + 365 * DAY, *(f"ahead {number}" for number in range(1000)))
    remember(NOON, "behind")
    remember(NOON + DAY, "young")
    kept.clock.now += DAY + 61
    while kept.expire_receipts(kept.connection):
        pass
    assert kept.connection.execute("SELECT key FROM receipt").fetchall() == [("young",)]


def test_a_machine_that_was_suspended_has_not_jumped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux's monotonic clock stops meanwhile; for an hour nothing would expire by its age."""
    clock = Time()
    monkeypatch.setattr(time, "clock_gettime", lambda which: {time.CLOCK_BOOTTIME: clock}[which]())
    age = Age(clock)
    clock.now += 8 * 3600
    assert age.now() == clock.now


def test_a_message_of_the_future_and_what_follows_it_expire_when_that_time_is_old(kept: Kept) -> None:
    """Stamped by a clock that was wrong. What is kept has no holes, and keep_messages bounds it."""
    kept.limit(keep_for="30d")
    kept.fill(250, time=NOON + 3 * DAY)
    kept.fill(10, time=NOON + 1)
    kept.clock.now += 31 * DAY
    kept.prune()
    assert kept.seqs == (1, 260)
    kept.limit(keep_for="30d", keep_messages=100)
    kept.prune()
    assert kept.seqs == (161, 260)
    kept.clock.now += 3 * DAY
    kept.prune()
    assert kept.seqs == (260, 260)
