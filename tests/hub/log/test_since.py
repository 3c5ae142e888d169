"""Positions by time: found in a few steps, however the clock has jumped."""

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from hub.delivery.cursor import Gap, Position, find
from hub.log.database import open_writer
from hub.log.protocol import format_id
from hub.log.schema import MIGRATIONS
from hub.log.sqlite import READERS, SqliteLog
from tests.hub.log_files import NOON, Open, Time, config, in_writer, say, started
from tests.hub.parts import EPOCH
from tests.waiting import until

NOON_MS = int(NOON * 1000)


async def steps(log: SqliteLog, milliseconds: int) -> int:
    """How many hundreds of SQLite's instructions it takes to find a position."""
    counted = 0

    def count() -> None:
        nonlocal counted
        counted += 1

    for _ in range(READERS):  # They take turns.
        await log.query(lambda connection: connection.set_progress_handler(count, 100))
    await log.seq_at(milliseconds)
    return counted


@pytest.mark.gen_test
async def test_a_position_is_found_by_its_time(opened: Open, path: Path) -> None:
    clock = Time()
    log = opened(path, clock)
    await started(log)
    assert await log.seq_at(0) == (0, 1)
    for text in "abc":
        await say(log, text, text)
        clock.now += 10
    times = [0, NOON_MS, NOON_MS + 1, NOON_MS + 10_000, NOON_MS + 20_000, NOON_MS + 20_001]
    assert [await log.seq_at(time) for time in times] == [(0, 1), (0, 1), (2, 1), (2, 1), (4, 1), (6, 1)]


@pytest.mark.gen_test
async def test_a_clock_set_back_hides_no_message_from_a_request_by_time(opened: Open, path: Path) -> None:
    """Said at 0, 20, then 5 and 15 seconds: "since 10" begins with the second, and holds all but the first."""
    clock = Time()
    log = opened(path, clock)
    await started(log)
    for seconds in (0, 20, 5, 15):
        clock.now = NOON + seconds
        await say(log, str(seconds))
    assert await log.seq_at(NOON_MS + 10_000) == (1, 1)


@pytest.mark.parametrize("clock_back", [False, True])
@pytest.mark.gen_test
async def test_to_find_it_only_a_few_messages_are_looked_at(opened: Open, path: Path, clock_back: bool) -> None:
    """A scan of all later messages took a reading thread 50 ms and more for a month."""
    clock = Time()
    log = opened(path, clock)
    await started(log)
    for number in range(40):
        clock.now += -3600 if clock_back and number == 20 else 1
        await say(log, *["m"] * 500)
    assert await steps(log, NOON_MS) < 20
    assert await steps(log, NOON_MS + 10_000) < 20


@pytest.mark.parametrize("seed", [0, 1, 2, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 20))])
@pytest.mark.gen_test
async def test_it_is_the_first_that_is_kept_and_late_enough_however_the_clock_jumped(
    opened: Open, path: Path, seed: int
) -> None:
    random, clock = Random(seed), Time()
    log = opened(path, clock, keep_messages=30, keep_for="30d")
    await started(log)
    for _ in range(30):
        clock.now += random.choice([0, 1, 1, 5, -1, -7, -20])
        await say(log, *["m"] * random.randint(1, 3))
        if random.random() < 0.2:
            await until(lambda: log.first > log.head - 30)
    # Retention must not delete meanwhile.
    log.configure(config(keep_messages=1000, keep_for="30d"))
    kept = await in_writer(log, "SELECT seq, time FROM message ORDER BY seq")
    first, end = int(str(kept[0][0])), log.head + 1
    for seconds in range(-90, 120):
        asked = NOON_MS + 1000 * seconds
        late = [int(str(seq)) for seq, time in kept if int(str(time)) >= asked]
        assert await log.seq_at(asked) == (min(late, default=end) - 1, first)


@pytest.mark.gen_test
async def test_a_position_by_time_reports_pruned_messages(opened: Open, path: Path) -> None:
    """The file has let go of it, and the loop has not heard of that yet."""
    log = opened(path)
    await started(log)
    await say(log, *["m"] * 9)
    await in_writer(log, "DELETE FROM message WHERE seq <= 4")
    assert log.first == 1
    assert await find(NOON_MS, log) == Position(4, Gap(None, format_id(log.epoch, 5), None, "expired"))
    assert await find(NOON_MS + 1, log) == Position(9)


@pytest.mark.gen_test
async def test_in_a_file_of_before_the_clock_was_set_back_as_well(opened: Open, path: Path) -> None:
    open_writer(str(path), "full", EPOCH, migrations=MIGRATIONS[:4]).close()
    with closing(sqlite3.connect(path)) as connection:
        rows = [(seq, NOON_MS + second, "t", 1, "", "m", None) for seq, second in enumerate((0, 20, 5, 15), 1)]
        connection.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute("UPDATE log SET head = 4")
        connection.commit()
    log = opened(path)
    await started(log)
    assert [await log.seq_at(NOON_MS + second) for second in (0, 10, 21)] == [(0, 1), (1, 1), (4, 1)]
