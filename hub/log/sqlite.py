"""The log as one SQLite file.

Acknowledged means durable: an append returns after its commit (write-ahead log, `synchronous=FULL`
by default), and a message is delivered only then. One thread writes (writer.py), two read, and the
loop never waits for a disk. The tables stand in database.py.
"""

import asyncio
import contextlib
import functools
import logging
import sqlite3
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from hub.config import LogConfig
from hub.errors import EyewallError, LogFailed, NotStored
from hub.log.age import Age, uptime
from hub.log.database import MEMORY, ROWS, Row, open_writer, snapshot
from hub.log.errors import ErrorThrottle
from hub.log.file import LogFile
from hub.log.jobs import Append
from hub.log.protocol import Clock, Deliver, IdempotencyKey, Receipt, format_id, format_time
from hub.log.readers import ReaderPool
from hub.log.retention import Retention
from hub.log.writer import Writer
from hub.message import Draft, Level, Message
from hub.search import index as search_index

T = TypeVar("T")

logger = logging.getLogger("eyewall.log")

READERS: Final = 2
READ_BYTES: Final = 80 << 10  # A page's worth (pages.py), or hundreds of messages would be read to send one.
ROW_BYTES: Final = 120  # What a frame has beside text and data: id, time, topic, level.
# What may wait for the writer, about a second's work. Beyond it publishers get 503.
MAX_WAITING: Final = 50_000  # Drafts.
MAX_WAITING_BYTES: Final = 64 << 20
LEVELS: Final = tuple(Level)


class SqliteLog:
    """A Log in the file `path`, or in memory for ":memory:". Raises LogError when the file cannot be had."""

    def __init__(self, path: str, config: LogConfig, clock: Clock = time.time, monotonic: Clock = uptime) -> None:
        self._file = None if path == MEMORY else LogFile(path)
        path = self._file.path if self._file else path
        self._readers = ReaderPool()
        wal_bytes = functools.partial(_wal_bytes, path)
        age = Age(clock, monotonic)
        self._retention = Retention(config, age, wal_bytes, self._readers, self._pruned)
        connect = functools.partial(open_writer, path, config.synchronous, int(clock() * 1000), self._file)
        chores = [getattr(self._retention, name) for name in ("checkpoint", "prune", "shrink", "forget_receipts")]
        chores += search_index.CHORES
        try:
            self._writer = Writer(path, connect, clock, chores, self._committed, self._file)
        except BaseException:
            if self._file:
                self._file.release()
            raise
        connection = self._writer.connection
        self.epoch = self._writer.epoch
        self.head, kept = connection.execute("SELECT head, (SELECT min(seq) FROM message) FROM log").fetchone()
        self.first: int = self.head + 1 if kept is None else kept
        # Before anything is said by that clock.
        for (newest,) in connection.execute("SELECT time FROM message WHERE seq = ?", (self.head,)):
            age.begin(newest, config.keep_for)
        self._deliver: Deliver | None = None
        self._waiting = self._waiting_bytes = 0
        self._is_closed = False
        self._path = path
        self._trouble = ErrorThrottle(path)
        self._threads = ThreadPoolExecutor(READERS, "log-reader")
        if path != MEMORY:
            self._readers.open(path, READERS)

    def configure(self, config: LogConfig) -> None:
        """New bounds, from the next chore on."""
        self._retention.config = config

    async def start(self, deliver: Deliver) -> None:
        self._loop = asyncio.get_running_loop()
        self._deliver = deliver
        self._writer.start()

    async def append(self, drafts: Sequence[Draft], once: IdempotencyKey | None = None) -> Receipt:
        if self._waiting >= MAX_WAITING or self._waiting_bytes >= MAX_WAITING_BYTES:
            overloaded = NotStored("too many messages wait for the disk", hint="publish again later", retry_seconds=1)
            self._trouble.say("publishers are turned away", overloaded)
            raise overloaded
        size = sum(len(draft.message) + (len(draft.data) if draft.data else 0) for draft in drafts)
        self._waiting += len(drafts)
        self._waiting_bytes += size
        try:
            return await self._writer.append(drafts, size, once)
        finally:
            self._waiting -= len(drafts)
            self._waiting_bytes -= size

    async def read(self, after: int, limit: int) -> Sequence[Message]:
        def page(connection: sqlite3.Connection) -> list[Message]:
            messages: list[Message] = []
            size = 0
            rows = connection.execute(f"{ROWS} WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit))
            with contextlib.closing(rows):
                for row in rows:
                    messages.append(as_message(self.epoch, row))
                    size += ROW_BYTES + len(row[5]) + len(row[6] or "")
                    if size >= READ_BYTES:
                        break
            return messages

        messages = await self.query(page)
        return messages if messages and messages[0].id == format_id(self.epoch, after + 1) else ()

    async def seq_at(self, milliseconds: int) -> tuple[int, int]:
        return await self.query(functools.partial(_seq_at, milliseconds=milliseconds))

    async def query(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run a read-only function on a connection of its own, off the loop.

        Raises LogFailed for SQLite's errors, and when the log is closed by the time it is its turn.
        """
        self._check_open()
        try:
            if self._path == MEMORY:  # One connection is all that such a database has.
                return await self._writer.call(function)  # type: ignore[no-any-return]  # what the function returns
            return await self._loop.run_in_executor(self._threads, self._read_with, function)
        except sqlite3.Error as error:
            self._trouble.say("cannot be read", error)
            raise LogFailed(f"the log cannot be read ({error})", hint="the server's log says more") from error

    async def stop(self) -> None:
        """Finish what was accepted and close. Safe to call twice."""
        self._is_closed = True  # For readers. Those who have their turn end in peace, and nobody gets another.
        await asyncio.to_thread(self._threads.shutdown)
        self._readers.close()
        # Last, because the last connection to close copies the write-ahead log into the file.
        await asyncio.to_thread(self._writer.stop)
        if self._file:
            self._file.release()

    def _check_open(self) -> None:
        if self._is_closed:
            raise LogFailed("the log is closed", hint="the server is stopping; ask again when it is back")

    def _read_with(self, function: Callable[[sqlite3.Connection], T]) -> T:
        self._check_open()
        return self._readers.read(function)

    def _committed(self, appends: Sequence[Append]) -> None:
        """On the loop, once a commit: first everybody sees it, then its publishers hear of it."""
        messages = [message for append in appends for message in append.messages]
        if messages:
            self.head += len(messages)
            if self._deliver is not None:
                try:
                    self._deliver(messages)
                except Exception:  # They are in the log: that is what their publishers wait to hear.
                    logger.exception("cannot deliver %d messages", len(messages))
        for append in appends:
            if append.answer.done():  # Its publisher has gone; what it said is in the log all the same.
                continue
            if isinstance(append.receipt, Receipt):
                append.answer.set_result(append.receipt)
            else:
                append.answer.set_exception(append.receipt or EyewallError("the log gave no answer"))

    def _pruned(self, first: int) -> None:
        """In the writer's thread. Behind the commits that the loop has not heard of yet, so that first <= head + 1."""
        self._loop.call_soon_threadsafe(setattr, self, "first", first)


def _seq_at(connection: sqlite3.Connection, milliseconds: int) -> tuple[int, int]:
    def time_of(seq: int) -> int:
        return int(connection.execute("SELECT time FROM message WHERE seq = ?", (seq,)).fetchone()[0])

    with snapshot(connection):
        first, head = connection.execute("SELECT (SELECT min(seq) FROM message), head FROM log").fetchone()
        first = head + 1 if first is None else first
        # The first stretch in which times do not fall, and its last one is late enough; the last stretch, if none is.
        (end,) = connection.execute("SELECT min(seq) FROM clock_set_back WHERE time >= ?", (milliseconds,)).fetchone()
        end = head + 1 if end is None else end
        (start,) = connection.execute("SELECT max(seq) FROM clock_set_back WHERE seq < ?", (end,)).fetchone()
        start = first if start is None else max(first, start)
        return start - 1 + bisect_left(range(start, end), milliseconds, key=time_of), first


def as_message(epoch: int, row: Row) -> Message:
    """A row of ROWS."""
    seq, milliseconds, topic, level, source, message, data = row
    return Message(
        id=f"{epoch}-{seq}",
        time=format_time(milliseconds),
        topic=topic,
        level=LEVELS[level],
        source=source,
        message=message,
        data=None if data is None else msgspec.Raw(data.encode()),
    )


def _wal_bytes(path: str) -> int:
    try:
        return Path(path + "-wal").stat().st_size
    except OSError:
        return 0
