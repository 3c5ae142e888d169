"""The log as one SQLite file. One thread writes (writer.py), two read, and the loop never waits for a disk.

An append returns, and its messages are delivered, after their commit (by default with `synchronous=FULL`).
"""

import asyncio
import contextlib
import functools
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Final, Protocol, TypeVar

from hub.config import LogConfig
from hub.errors import LogFailed, NotStored
from hub.log.age import Age, uptime
from hub.log.database import MEMORY, open_reader, open_writer
from hub.log.errors import ErrorThrottle, code_of
from hub.log.file import LogFile
from hub.log.generations import Generations
from hub.log.jobs import Append, Waiting
from hub.log.limits import Deletion, Limits
from hub.log.maintenance import Checkpoint, Step
from hub.log.protocol import Clock, Deliver, IdempotencyKey, Receipt
from hub.log.retention import Index, Retention
from hub.log.rows import ROW_BYTES, DamagedRow, as_message, find_seq, read_rows, reread, snapshot
from hub.log.tuning import DEFAULT, Tuning
from hub.log.writer import Writer
from hub.message import Draft, Message

T = TypeVar("T")

logger = logging.getLogger("eyewall.log")

READERS: Final = 2  # Threads that read: one for searches, one for replay.
READ_BYTES: Final = 80 << 10  # Bytes of one read, about one replay page.
WAL_PAUSE_INTERVAL: Final = 60.0
WAL_POLL_SECONDS: Final = 0.01
DAMAGED_TEXT: Final = "a message is damaged; it is shown as a gap, or with replacement characters"


class IndexSteps(Index, Protocol):
    """An index that `steps` of maintenance keep up to date."""

    @property
    def steps(self) -> Sequence[Step]: ...


class SqliteLog:
    """A SearchableLog in the file `path`, or in memory for ":memory:". Raises LogError.

    `tasks`: more steps of maintenance. `announce` gets what a narrower limit will delete, and None when that is
    cancelled or begins. On the loop.
    """

    def __init__(
        self,
        path: str,
        config: LogConfig,
        clock: Clock = time.time,
        monotonic: Clock = uptime,
        *,
        index: IndexSteps | None = None,
        tasks: Sequence[Step] = (),
        announce: Callable[[Deletion | None], None] = lambda _: None,
        tuning: Tuning = DEFAULT,
    ) -> None:
        self._file = None if path == MEMORY else LogFile(path)
        self._path = path = self._file.path if self._file else path
        self._tuning = tuning
        age = Age(clock, monotonic)
        self._announce = announce
        self._limits = Limits(config, age, self._will_delete, tuning.keep_delay_seconds)
        retention = Retention(self._limits, age, index, self._pruned, tuning)
        checkpoint = Checkpoint(self.wal_bytes, tuning)
        steps = [checkpoint.step, retention.step, retention.expire_receipts, *(index.steps if index else ()), *tasks]
        urgent = [checkpoint.urgent_step, retention.urgent_step]
        epoch = int(clock() * 1000)
        connect = functools.partial(open_writer, path, config.synchronous, epoch, self._file, tuning=tuning)
        try:
            self.writer = Writer(path, connect, clock, steps, urgent, self._committed, self._file, tuning)
        except BaseException:
            if self._file:
                self._file.release()
            raise
        self.generations: Generations = self.writer.generations
        self.epoch: int = self.generations.epoch
        connection = self.writer.connection
        self.head, kept = connection.execute("SELECT head, (SELECT min(seq) FROM message) FROM log").fetchone()
        self.first: int = self.head + 1 if kept is None else kept
        self._limits.begin(connection)
        # Before anything is stamped by that clock.
        newest = "SELECT time, max(ifnull(keep_seconds, 0), ?) FROM message JOIN log ON seq = head"
        for milliseconds, keep_for in connection.execute(newest, (config.keep_for,)):
            age.begin(milliseconds, keep_for)
        self._subscribers: Sequence[Deliver] = ()
        self._waiting = Waiting(tuning)
        self._is_closed = False
        self._reads_pause_until = self._next_pause_at = float("-inf")  # Monotonic.
        self._errors = ErrorThrottle(path)
        self._threads = ThreadPoolExecutor(READERS, "log-reader")
        self._idle_readers: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        for _ in range(0 if path == MEMORY else READERS):
            self._idle_readers.put(open_reader(path))

    def configure(self, config: LogConfig) -> None:
        self._limits.config = config

    async def start(self, subscribers: Sequence[Deliver]) -> None:
        self._loop = asyncio.get_running_loop()
        self._subscribers = subscribers
        self.writer.start()

    async def append(self, drafts: Sequence[Draft], key: IdempotencyKey | None = None) -> Receipt:
        try:
            self._waiting.check_room()
        except NotStored as error:
            self._errors.report("appends are refused", error)
            raise
        size = sum(len(draft.message) + (len(draft.data) if draft.data else 0) for draft in drafts)
        answer = self.writer.append(drafts, size, key)
        self._waiting.add(drafts, size, answer)
        return await answer

    async def read(self, after: int, limit: int) -> Sequence[Message | int]:
        def page(connection: sqlite3.Connection) -> list[Message | int]:
            found: list[Message | int] = []
            size = 0
            with snapshot(connection):
                first, newest = connection.execute(
                    "SELECT (SELECT min(seq) FROM message), (SELECT max(seq) FROM message)"
                ).fetchone()
                if first is None or first > after + 1:
                    return []
                end = min(after + limit, newest)
                with contextlib.closing(read_rows(connection, range(after + 1, end + 1))) as rows:
                    for row in rows:
                        if isinstance(row, int):
                            found.append(row)
                            continue
                        found.append(as_message(self.generations, row))
                        size += ROW_BYTES + len(row[5]) + len(row[6] or "")
                        if size >= READ_BYTES:
                            break
            return found

        return await self.query(page)

    async def seq_at(self, milliseconds: int) -> tuple[int, int]:
        return await self.query(functools.partial(find_seq, milliseconds=milliseconds))

    async def query(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run a function that only reads, off the loop. Raises LogFailed."""
        self._check_open()
        await self._wait_for_small_wal()
        try:
            return await self._query(function)
        except sqlite3.Error as error:
            failure = self._report(error)
            if code_of(error) not in (0, sqlite3.SQLITE_CORRUPT):  # Python's own errors have no code.
                raise failure from error
        try:
            return await self._query(functools.partial(reread, function))
        except sqlite3.Error as error:
            raise self._report(error) from error

    async def _query(self, function: Callable[[sqlite3.Connection], T]) -> T:
        if self._path == MEMORY:  # Such a database has only the writing connection.
            return await self.writer.call(function)  # type: ignore[no-any-return]  # what the function returns
        return await self._loop.run_in_executor(self._threads, self._read_with, function)

    def health(self) -> str | None:
        return self.writer.health()

    def wal_bytes(self) -> int:
        try:
            return Path(self._path + "-wal").stat().st_size
        except OSError:
            return 0

    async def stop(self) -> None:
        self._is_closed = True  # Reads that run are finished; those that wait get LogFailed.
        await asyncio.to_thread(self._threads.shutdown)
        while not self._idle_readers.empty():
            self._idle_readers.get().close()
        # The last connection to close copies the write-ahead log into the file.
        await asyncio.to_thread(self.writer.stop)
        self._waiting.stop()
        if self._file:
            self._file.release()

    async def _wait_for_small_wal(self) -> None:
        """Pause reads until the write-ahead log is truncated, which needs a moment without readers."""
        if self.wal_bytes() <= self._tuning.wal_pause_bytes:
            return
        now = time.monotonic()
        if now >= self._next_pause_at:
            self._reads_pause_until = now + self._tuning.wal_pause_seconds
            self._next_pause_at = now + WAL_PAUSE_INTERVAL
        # Polled, because another program that reads sends no signal.
        while self.wal_bytes() > self._tuning.wal_pause_bytes and time.monotonic() < self._reads_pause_until:  # noqa: ASYNC110
            await asyncio.sleep(WAL_POLL_SECONDS)

    def _report(self, error: sqlite3.Error) -> LogFailed:
        # Python's error of a damaged text quotes all of it.
        self._errors.report("cannot be read", error if code_of(error) else DamagedRow(DAMAGED_TEXT))
        if self._file:
            self._file.found(error)
        return LogFailed(f"the log cannot be read ({error})", hint="the server's log says more")

    def _check_open(self) -> None:
        if self._is_closed:
            raise LogFailed("the log is closed", hint="the server is stopping; try again when it is back")

    def _read_with(self, function: Callable[[sqlite3.Connection], T]) -> T:
        self._check_open()
        connection = self._idle_readers.get()  # One for each thread.
        try:
            return function(connection)
        finally:
            self._idle_readers.put(connection)

    def _committed(self, appends: Sequence[Append]) -> None:
        """On the loop, once a commit: deliver its messages, then answer its appends."""
        self._waiting.committed(appends)
        messages = [message for append in appends for message in append.messages]
        if messages:
            self.head += len(messages)
            for deliver in self._subscribers:
                try:
                    deliver(messages)
                except Exception:  # The messages are stored, and their publishers must learn that.
                    logger.exception("cannot deliver %d messages", len(messages))
        for append in appends:
            append.settle()

    def _will_delete(self, deletion: Deletion | None) -> None:
        """In the writer's thread."""
        self._loop.call_soon_threadsafe(self._announce, deletion)

    def _pruned(self, first: int) -> None:
        """In the writer's thread. Queued behind earlier commits, so first <= head + 1."""
        self._loop.call_soon_threadsafe(setattr, self, "first", first)
