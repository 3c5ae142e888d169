"""What may wait for the log, what it keeps, and the files that it stands in."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tornado.ioloop import IOLoop

from hub.errors import NotStored, Overloaded
from hub.log.database import MEMORY
from hub.log.file import LogError
from hub.log.protocol import IdempotencyKey
from hub.log.tuning import DEFAULT, Tuning
from tests.hub.log_files import Open, config, held, in_writer, open_log, queued, read_page, say, started
from tests.hub.parts import draft
from tests.waiting import until


@pytest.mark.gen_test
async def test_too_many_that_wait_are_refused_with_when_to_come_back(opened: Open, path: Path) -> None:
    log = opened(path, tuning=Tuning(max_waiting=10))
    await started(log)
    async with held(log.writer):
        waiting = [asyncio.ensure_future(say(log, "m")) for _ in range(10)]
        await queued(log, 10)
        with pytest.raises(Overloaded) as refused:
            await say(log, "too much")
    assert refused.value.retry_seconds == 1
    assert len(await asyncio.gather(*waiting)) == 10
    assert (await say(log, "again")).first == 11


@pytest.mark.gen_test
async def test_what_waits_is_bounded_in_bytes_too(opened: Open, path: Path) -> None:
    log = opened(path, tuning=Tuning(max_waiting_bytes=3 << 20))
    await started(log)
    async with held(log.writer):
        waiting = [asyncio.ensure_future(say(log, "x" * 1_000_000)) for _ in range(4)]
        await queued(log, 4)
        with pytest.raises(Overloaded):
            await say(log, "x")
    await asyncio.gather(*waiting)
    await say(log, "again")


@pytest.mark.gen_test
async def test_bounds_that_change_hold_from_then_on(opened: Open, path: Path) -> None:
    log = opened(path, tuning=replace(DEFAULT, keep_delay_seconds=0))
    await started(log)
    await say(log, *["m"] * 3000)
    assert log.first == 1
    log.configure(config(keep_messages=10))
    await until(lambda: log.first == 2991)
    assert await in_writer(log, "SELECT min(seq), count(*) FROM message") == [(2991, 10)]


@pytest.mark.gen_test
async def test_first_is_never_beyond_what_has_been_delivered(opened: Open, path: Path) -> None:
    """A reader works with both in one turn of the loop."""
    log = opened(path, keep_messages=100)
    seen: list[bool] = []

    async def watch() -> None:
        while True:
            seen.append(1 <= log.first <= log.head + 1)
            await asyncio.sleep(0)

    await started(log)
    watching = asyncio.ensure_future(watch())
    for _ in range(40):
        await asyncio.gather(*(say(log, *["m"] * 500) for _ in range(3)))
        assert all(seen)
    watching.cancel()
    await until(lambda: log.first == log.head - 99)


@pytest.mark.gen_test
async def test_two_logs_on_one_file_are_refused(opened: Open, path: Path) -> None:
    log = opened(path)
    with pytest.raises(LogError, match="another Eyewall is using this log"):
        opened(path)
    await log.stop()
    opened(path)


@pytest.mark.gen_test
async def test_a_link_to_the_file_is_the_file(opened: Open, path: Path, tmp_path: Path) -> None:
    """For SQLite it is, so for the lock and the size of the write-ahead log it must be too."""
    link = tmp_path / "elsewhere" / "link.db"
    link.parent.mkdir()
    link.symlink_to(path)
    log = opened(link)
    with pytest.raises(LogError, match="another Eyewall is using this log"):
        opened(path)
    await started(log)
    for _ in range(6):
        await say(log, *["x" * 1000] * 4000)
    assert log.wal_bytes() > 1 << 20


@pytest.mark.gen_test
async def test_a_file_that_cannot_be_opened_is_let_go_of(opened: Open, path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE bookmark (url)")
    for _ in range(2):
        with pytest.raises(LogError, match="another program's database"):
            opened(path)


@pytest.mark.gen_test
async def test_a_log_in_memory_keeps_the_same_promises_until_it_ends(opened: Open, tmp_path: Path) -> None:
    log = opened(MEMORY, keep_messages=100)
    delivered = await started(log)
    once = IdempotencyKey("key", b"digest")
    first = await log.append([draft("a")], once)
    assert await log.append([draft("a")], once) == replace(first, is_repeat=True)
    await say(log, *["m"] * 500)
    await until(lambda: log.first == 402)
    assert [message.id for message in await read_page(log, 401, 500)] == [message.id for message in delivered[401:]]
    assert await log.seq_at(0) == (401, 402)
    await log.stop()
    assert opened(MEMORY).head == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.gen_test
async def test_stop_answers_waiting_appends_and_is_idempotent(opened: Open, path: Path) -> None:
    log = opened(path)
    delivered = await started(log)
    async with held(log.writer):
        answers = [asyncio.ensure_future(say(log, f"m{n}")) for n in range(50)]
        await queued(log, 50)
        stopping = asyncio.ensure_future(log.stop())
        await asyncio.sleep(0)
    await stopping
    assert all(answer.done() for answer in answers)
    assert len(delivered) == 50
    await asyncio.gather(log.stop(), log.stop())
    with pytest.raises(NotStored):
        await say(log, "late")
    assert not Path(f"{path}-wal").exists()


def test_one_that_was_never_started_lets_go_of_its_file(path: Path, io_loop: IOLoop) -> None:
    log = open_log(path)
    io_loop.run_sync(log.stop)
    log = open_log(path)
    io_loop.run_sync(log.stop)
    assert sorted(found.name for found in path.parent.iterdir()) == ["eyewall.db", "eyewall.db-lock"]
