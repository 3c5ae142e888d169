"""Counts, fields and jumps in a log of a million messages: `python -m benchmarks.counts`.

Fills a log with messages of a day and of many topics, writes its buckets, and
prints the time of each request. PASS if no count without a query takes more than 100 ms, and a jump to a time no more
than 10 ms. Then it prints how late the event loop is meanwhile.
"""

import asyncio
import sqlite3
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import benchmark_log
from benchmarks.search import first_page, messages
from hub.config import LogConfig
from hub.counts.buckets import Buckets
from hub.counts.count import Counting
from hub.counts.fields import Fields
from hub.filter import Filter
from hub.history import History
from hub.log.database import open_writer
from hub.log.sqlite import SqliteLog
from hub.message import RANK
from hub.search.find import EVER, SearchRange

COUNT_MS, JUMP_MS = 100.0, 10.0
TEXTS: Final = 20_000
DAY: Final = 86_400.0
BEGINS: Final = 1_795_400_000.0  # Seconds since 1970.


@asynccontextmanager
async def filled(path: Path, count: int) -> AsyncIterator[SqliteLog]:
    """Yield a log of `count` messages over a day, with all buckets and without the index."""
    began = time.perf_counter()
    with closing(open_writer(str(path), "normal", int(1000 * BEGINS))) as connection:
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?)", rows(count))
        connection.execute("UPDATE log SET head = ?", (count,))
        connection.execute("COMMIT")
        stored, cpu = time.perf_counter(), time.thread_time()
        buckets = Buckets()
        while buckets.step(connection):
            pass
        took = time.perf_counter() - stored
        print(f"{count:,} messages stored in {stored - began:.0f} s, in buckets {took:.0f} s later")
        print(f"buckets take {1e6 * (time.thread_time() - cpu) / count:.1f} us of the writer's thread a message")
    config = LogConfig(keep_messages=2 * count, keep_bytes=1 << 40)
    log = SqliteLog(str(path), config, lambda: BEGINS + DAY, tasks=[buckets.step])
    await log.start([])
    try:
        yield log
    finally:
        await log.stop()


def rows(count: int) -> Iterator[tuple[int, int, str, int, str, str, str | None]]:
    """Yield messages of 50 topics and a rare one, evenly over a day. Their texts repeat."""
    for seq, draft in enumerate(islice(cycle(list(messages(TEXTS))), count), 1):
        topic = "rare" if seq % 50_000 == 0 else f"{draft.topic}.{seq % 10}"
        at = int(1000 * (BEGINS + DAY * seq / count))
        data = bytes(draft.data).decode() if draft.data is not None else None
        yield seq, at, topic, RANK[draft.level], draft.source, draft.message, data


def spans() -> dict[str, tuple[int, int]]:
    """Return the ranges of time: everything, and the last hour, which begins and ends within a bucket."""
    end = int(1000 * (BEGINS + DAY)) - 77_777
    return {"all": EVER, "1 h": (end - 3_600_000, end)}


async def count(history: History, search: SearchRange, step: int = 0) -> str:
    counting = Counting(search, step)
    await history.look(counting.part)
    found: dict[str, Any] = counting.as_json()
    return f"{found['total']:,} in {len(found['steps'])} steps of {found['step']} s{_rest(found)}"


async def look_at_fields(history: History, search: SearchRange) -> str:
    fields = Fields(search)
    await history.look(fields.part)
    found: dict[str, Any] = fields.as_json()
    return f"{found['messages']:,} messages, {len(found['fields'])} names{_rest(found)}"


def _rest(found: dict[str, Any]) -> str:
    return "" if found["complete"] else f", incomplete: down to {found['reached']}"


async def jump(history: History, newest_first: bool) -> str:
    """Return the first page at noon of the day: from there on, or in front of it."""
    noon = int(1000 * (BEGINS + DAY / 2))
    span = (EVER[0], noon - 1) if newest_first else (noon, EVER[1])
    page = await first_page(history, SearchRange(Filter.parse(), newest_first=newest_first, span=span, limit=100))
    return f"{len(page.messages)} messages from {page.messages[0].time}"


async def timed(name: str, repeats: int, request: Callable[[], Awaitable[str]], target: float | None) -> bool:
    """Print the median and the worst time of a request. Return whether the median is within the target (ms)."""
    times, said = [], ""
    for _ in range(repeats + 1):  # The first warms the disk cache.
        began = time.perf_counter()
        said = await request()
        times.append(1000 * (time.perf_counter() - began))
    middle = statistics.median(times[1:])
    passed = target is None or middle <= target
    verdict = "" if target is None else "PASS" if passed else "FAIL"
    print(f"{name:40}{middle:10.1f}{max(times[1:]):10.1f}  {verdict:6}{said}")
    return passed


async def measure(log: SqliteLog, repeats: int) -> bool:
    history, passed = History(log), True
    print(f"\n{'request':40}{'median ms':>10}{'worst ms':>10}")
    filters = [
        ("everything", Filter.parse(), COUNT_MS),
        ("one topic of 50", Filter.parse(["api.7"]), COUNT_MS),
        ("level warning", Filter.parse(level="warning"), COUNT_MS),
        ("q, rare", Filter.parse(q="needle"), None),
        ("q, frequent", Filter.parse(q="checkpoint"), None),
    ]
    for range_name, span in spans().items():
        for name, filter_, target in filters:
            search = SearchRange(filter_, span=span)
            passed &= await timed(f"/counts {range_name}, {name}", repeats, partial(count, history, search), target)
    search = SearchRange(Filter.parse(), span=spans()["1 h"])
    passed &= await timed("/counts 1 h, step 5 s", repeats, partial(count, history, search, 5), COUNT_MS)
    for name, filter_ in (("everything", Filter.parse()), ("a rare topic", Filter.parse(["rare"]))):
        await timed(f"/fields {name}", repeats, partial(look_at_fields, history, SearchRange(filter_)), None)
    for name, newest_first in (("jump to noon", False), ("jump to noon, backwards", True)):
        passed &= await timed(f"/messages {name}", repeats, partial(jump, history, newest_first), JUMP_MS)
    await lag("/counts all", lambda: count(history, SearchRange(Filter.parse())))
    await lag("/counts all, q frequent", lambda: count(history, SearchRange(Filter.parse(q="checkpoint"))))
    await lag("/fields", lambda: look_at_fields(history, SearchRange(Filter.parse())))
    return passed


async def lag(name: str, request: Callable[[], Awaitable[str]], seconds: float = 2.0) -> None:
    """Print how late the event loop is, sampled each millisecond, while requests follow each other."""

    async def repeat() -> None:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            await request()

    work, late = asyncio.create_task(repeat()), []
    while not work.done():
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        late.append(1000 * (time.perf_counter() - began) - 1)
    late.sort()
    print(f"the loop during {name}: p50 {late[len(late) // 2]:.1f}, p99 {late[len(late) * 99 // 100]:.1f} ms late")


async def run(folder: Path, number: int, repeats: int) -> bool:
    path = folder / "counts.db"
    async with filled(path, number) as log:
        passed = await measure(log, repeats)
    with closing(sqlite3.connect(path)) as connection:
        size = "SELECT sum(pgsize) FROM dbstat WHERE name GLOB 'bucket*'"
        rows = "SELECT sum(topics + spans), count(*) FROM bucket"
        (taken,), (counts, buckets) = connection.execute(size).fetchone(), connection.execute(rows).fetchone()
    print(f"{buckets:,} buckets: {taken / 1e6:.1f} MB, {taken / counts:.0f} bytes a row")
    print(f"the file has {path.stat().st_size / 1e6:.0f} MB")
    return passed


if __name__ == "__main__":
    sys.exit(benchmark_log(__doc__, run, repeats=7))
