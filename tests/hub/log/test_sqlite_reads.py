"""Reads of the log's file: pages, positions by time, and reads that delay no commit."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from hub.errors import LogFailed
from hub.log.protocol import format_id
from hub.log.sqlite import READERS
from tests.hub.log_files import Open, read_page, say, started
from tests.hub.parts import EPOCH, draft
from tests.waiting import until


@pytest.mark.gen_test
async def test_pages_follow_each_other_without_a_hole(opened: Open, path: Path) -> None:
    log = opened(path)
    await started(log)
    await say(log, *[f"m{seq}" for seq in range(1, 1201)])
    read: list[str] = []
    while page := await read_page(log, len(read), 500):
        assert len(page) <= 500
        read += [message.message for message in page]
    assert read == [f"m{seq}" for seq in range(1, 1201)]
    assert await read_page(log, 5000, 500) == []


@pytest.mark.gen_test
async def test_a_page_of_large_messages_holds_few_but_one_at_least(opened: Open, path: Path) -> None:
    """Of which a reader is sent 64 KiB at a time: what is read and thrown away is read again for the next page."""
    log = opened(path)
    await started(log)
    sizes = [50_000] * 20 + [1_000_000] * 3 + [10] * 20
    await log.append([draft("x" * size) for size in sizes])
    read: list[int] = []
    while page := await read_page(log, len(read), 500):
        assert sum(len(message.message) for message in page[:-1]) < 1 << 17
        read += [len(message.message) for message in page]
    assert read == sizes


@pytest.mark.gen_test
async def test_a_page_that_is_pruned_in_part_is_no_page(opened: Open, path: Path) -> None:
    """What follows the hole would look as if nothing were missing."""
    log = opened(path, keep_messages=100)
    await started(log)
    await say(log, *["m"] * 1000)
    await until(lambda: log.first == 901)
    assert await read_page(log, 899, 500) == []
    assert len(await read_page(log, 900, 500)) == 100


@pytest.mark.gen_test
async def test_a_reader_holds_up_no_publisher_and_no_other_reader(opened: Open, path: Path) -> None:
    log = opened(path)
    await started(log)
    await say(log, "m")
    go_on = threading.Event()
    names: list[str] = []

    def slow(connection: sqlite3.Connection) -> int:
        names.append(threading.current_thread().name)
        found = connection.execute("SELECT count(*) FROM message").fetchone()
        go_on.wait(20)
        return int(found[0])

    search = asyncio.ensure_future(log.query(slow))
    await until(lambda: names)
    assert (await say(log, "n")).first == 2
    assert len(await read_page(log, 0, 500)) == 2
    go_on.set()
    assert await search == 1
    assert names[0].startswith("log-reader")


@pytest.mark.gen_test
async def test_more_reads_than_readers_wait_their_turn(opened: Open, path: Path) -> None:
    log = opened(path)
    await started(log)
    await say(log, *["m"] * 600)
    pages = await asyncio.gather(*(read_page(log, after, 500) for after in range(200)))
    assert [page[0].id for page in pages] == [format_id(EPOCH, after + 1) for after in range(200)]


@pytest.mark.gen_test
async def test_a_read_that_fails_says_so_and_the_next_one_works(
    opened: Open, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = opened(path)
    await started(log)
    for _ in range(5):
        with pytest.raises(LogFailed, match="no such table"):
            await log.query(lambda connection: connection.execute("SELECT * FROM nowhere"))
    assert [record.getMessage() for record in caplog.records] == [f"{path}: cannot be read: no such table: nowhere"]
    with pytest.raises(LogFailed, match="readonly"):
        await log.query(lambda connection: connection.execute("DELETE FROM message"))
    assert await read_page(log, 0, 1) == []


@pytest.mark.gen_test
async def test_a_read_that_waits_when_the_log_is_closed_fails(opened: Open, path: Path) -> None:
    """Reads that run are finished. Those that wait would delay the end of the server."""
    log = opened(path)
    await started(log)
    go_on, reading = threading.Event(), asyncio.Semaphore(0)
    loop = asyncio.get_running_loop()

    def slow(_: sqlite3.Connection) -> str:
        loop.call_soon_threadsafe(reading.release)
        go_on.wait(20)
        return "read"

    readers = [asyncio.ensure_future(log.query(slow)) for _ in range(READERS)]
    for _ in readers:
        await reading.acquire()
    waiting = [asyncio.ensure_future(log.query(slow)) for _ in range(9)]
    await asyncio.sleep(0)
    stopping = asyncio.ensure_future(log.stop())
    await asyncio.sleep(0)
    go_on.set()
    await stopping
    assert await asyncio.gather(*readers) == ["read"] * READERS
    for answer in (*waiting, log.query(slow), log.read(0, 1)):
        with pytest.raises(LogFailed, match="the log is closed"):
            await answer
