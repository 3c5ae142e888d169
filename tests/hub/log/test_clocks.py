"""Wall clocks that jump, while the log runs and between two runs: ids, times, what is kept, what is found by time."""

from pathlib import Path

import pytest

from hub.log.protocol import format_time
from hub.log.sqlite import SqliteLog
from tests.hub.log_files import NOON, Open, Time, read_page, say, started
from tests.waiting import until

DAY = 86_400.0


async def texts(log: SqliteLog, after: int) -> list[str]:
    return [message.message for message in await read_page(log, after, 500)]


@pytest.mark.parametrize("jump", [-DAY, DAY, -400 * DAY, 400 * DAY])
@pytest.mark.gen_test
async def test_a_clock_that_jumps_changes_times_and_nothing_else(opened: Open, path: Path, jump: float) -> None:
    """Ids go on in their epoch, in the order in which messages came; each has the time that the clock showed."""
    clock = Time()
    log = opened(path, clock, keep_for="36500d")
    await started(log)
    first = await say(log, "before")
    clock.jump(jump)
    second = await say(log, "behind")
    await log.stop()
    clock.jump(jump)
    log = opened(path, clock, keep_for="36500d")
    await started(log)
    third = await say(log, "behind a restart")
    assert [receipt.first for receipt in (first, second, third)] == [1, 2, 3]
    assert first.epoch == second.epoch == third.epoch
    assert [receipt.time for receipt in (first, second, third)] == [
        format_time(int((NOON + times * jump) * 1000)) for times in range(3)
    ]
    assert await texts(log, 0) == ["before", "behind", "behind a restart"]


@pytest.mark.gen_test
async def test_a_clock_set_forward_by_mistake_takes_nothing_before_it_is_set_right(opened: Open, path: Path) -> None:
    clock = Time()
    log = opened(path, clock, keep_for="1h", keep_messages=50)
    await started(log)
    await say(log, *["m"] * 50)
    clock.jump(400 * DAY)
    await say(log, *["m"] * 10)
    await until(lambda: log.first == 11)  # The chores were there, and took what is too many.
    clock.jump(-400 * DAY)
    await say(log, *["m"] * 100)
    await until(lambda: log.first == 111)


@pytest.mark.gen_test
async def test_nor_does_one_that_was_set_forward_between_two_runs(
    opened: Open, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The first look at what is too old comes a second after the start, and what was said by then looks young."""
    clock = Time()
    log = opened(path, clock, keep_for="1h", keep_messages=50)
    await started(log)
    await say(log, *["m"] * 50)
    await log.stop()
    clock.jump(400 * DAY)
    log = opened(path, clock, keep_for="1h", keep_messages=50)
    await started(log)
    await say(log, *["m"] * 10)
    await until(lambda: log.first == 11)  # The chores were there, and took what is too many.
    assert [record.getMessage() for record in caplog.records] == [
        "by the clock all messages have expired: for an hour nothing expires by its age"
    ]
    clock.now += 3601
    await until(lambda: log.first == 60)


@pytest.mark.gen_test
async def test_a_clock_set_back_keeps_messages_until_they_are_old_by_it(opened: Open, path: Path) -> None:
    """Longer than they should be: the other way something would be missing that was to be kept."""
    clock = Time()
    log = opened(path, clock, keep_for="1h")
    await started(log)
    await say(log, *["m"] * 10)
    clock.jump(-DAY)
    await say(log, *["n"] * 10)
    clock.jump(DAY)
    await say(log, "o")
    assert await log.seq_at(int(clock.now * 1000)) == (0, 1)
    clock.now += 2 * 3600
    await until(lambda: log.first == 21)
    assert await texts(log, 20) == ["o"]


@pytest.mark.parametrize("jump", [-DAY, DAY])
@pytest.mark.gen_test
async def test_a_jump_between_two_runs_begins_no_new_epoch(opened: Open, path: Path, jump: float) -> None:
    clock = Time()
    log = opened(path, clock)
    await started(log)
    epoch = (await say(log, "m")).epoch
    await log.stop()
    clock.jump(jump)
    assert opened(path, clock).epoch == epoch
