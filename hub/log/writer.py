"""The one thread that writes the log: group commit, and maintenance in between.

All appends that wait at a moment share one transaction, and so one sync; each is answered after its commit.
"""

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from hub.log.database import close_writer, load_generations
from hub.log.errors import UNWRITABLE, ErrorThrottle, code_of, to_client_error
from hub.log.file import LogError, LogFile
from hub.log.jobs import Append, Call, Jobs, closed, find_receipt, settle, take
from hub.log.maintenance import Maintenance, Step
from hub.log.protocol import Clock, IdempotencyKey, Receipt, format_time, stamp
from hub.log.tuning import DEFAULT, Tuning
from hub.message import RANK, Draft


class Writer:
    """Owns the writing connection. `committed` is called on the loop after each commit, in order, to answer."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], sqlite3.Connection],
        clock: Clock,
        steps: Sequence[Step],
        urgent: Sequence[Step],
        committed: Callable[[Sequence[Append]], None],
        file: LogFile | None = None,
        tuning: Tuning = DEFAULT,
    ) -> None:
        self._connect = connect
        self._file = file
        self.connection = connect()  # The writer's alone after `start`.
        (self._synchronous,) = self.connection.execute("PRAGMA synchronous").fetchone()
        self._clock = clock
        self._tuning = tuning
        self._maintenance = Maintenance(steps, urgent, self._attempt, tuning.maintenance_seconds)
        self._committed = committed
        self._errors = ErrorThrottle(name)
        self.generations: Final = load_generations(self.connection)
        self._epoch: Final = self.generations.epoch
        self._head: int
        (self._head,) = self.connection.execute("SELECT head FROM log").fetchone()
        if file:
            file.write_marker(self._epoch, self._head, synced=True)
        self._jobs: Jobs = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._is_stopped = False
        self._failure: tuple[str, float] | None = None  # Of the last commit: why it failed, and when (monotonic).
        self._busy_since: float | None = None  # Monotonic. None while it waits for a job.
        self._loop: asyncio.AbstractEventLoop

    @property
    def queue_size(self) -> int:  # About.
        return self._jobs.qsize()

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def append(self, drafts: Sequence[Draft], size: int, key: IdempotencyKey | None) -> "asyncio.Future[Receipt]":
        """Raises NotStored; the future may raise LogFull, NotStored or Conflict."""
        answer: asyncio.Future[Receipt] = self._loop.create_future()
        self._put(Append(drafts, size, key, answer))
        return answer

    def call(self, function: Callable[[sqlite3.Connection], Any]) -> "asyncio.Future[Any]":
        """Run a function on the writing connection, between two commits. Raises NotStored."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._put(Call(function, answer))
        return answer

    def is_stuck(self) -> bool:
        """Return whether a step has been running for longer than Tuning.stuck_seconds. On the loop."""
        busy_since = self._busy_since
        return busy_since is not None and time.monotonic() > busy_since + self._tuning.stuck_seconds

    def health(self) -> str | None:
        """Return why nothing can be written, or None. On the loop."""
        failure = self._failure
        if self._is_stopped:
            return "the log's writer has stopped"
        if self.is_stuck():
            return f"the log's writer has not finished a step for {self._tuning.stuck_seconds:g} s"
        if self._file:
            try:
                self._file.check()
            except LogError as error:
                return error.message
        return failure[0] if failure else None

    def stop(self) -> None:
        """Finish the queue and close. Blocks. Idempotent."""
        self._is_stopped = True
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join()
        self.connection.close()

    def _put(self, job: Append | Call) -> None:
        if self._is_stopped:
            raise closed()
        self._jobs.put(job)

    def _run(self) -> None:
        try:
            self._work()
            self._close()
        finally:
            self._is_stopped = True
            self._refuse_queue()

    def _work(self) -> None:
        is_stopping = False
        while not is_stopping:
            seconds = self._maintenance.seconds_left()
            wait = min(seconds, self._tuning.probe_seconds) if self._failure else seconds
            appends, calls, is_stopping = take(self._jobs, wait)
            self._busy_since = time.monotonic()
            if appends:
                self._commit(appends)
            elif self._failure and time.monotonic() >= self._failure[1] + self._tuning.probe_seconds:
                self._commit([])  # A probe: a log without publishers must become healthy too.
            for call in calls:
                try:
                    result, error = call.function(self.connection), None
                except Exception as problem:
                    result, error = None, problem
                self._loop.call_soon_threadsafe(settle, call.answer, result, error)
            self._maintenance.run(is_active=bool(appends))
            self._busy_since = None

    def _close(self) -> None:
        for _ in range(2):  # After a failed sync the write-ahead log must be rewritten.
            try:
                self._rewrite_wal()
                close_writer(self.connection)
                break
            except (sqlite3.Error, LogError) as error:
                self._recover(error)
                self._errors.report("cannot be checkpointed at the end (the next start does it)", error)

    def _refuse_queue(self) -> None:
        while not self._jobs.empty():
            appends, calls, _ = take(self._jobs, 0)
            for append in appends:
                append.result = closed()
            for call in calls:
                self._loop.call_soon_threadsafe(settle, call.answer, None, closed())
            self._loop.call_soon_threadsafe(self._committed, appends)

    def _commit(self, appends: list[Append]) -> None:
        self._maintenance.committed(sum(append.size for append in appends))
        try:
            self._rewrite_wal()
            self.connection.execute("BEGIN IMMEDIATE")
            head = self._write(appends)
            if self._file:
                self._file.check()
            self.connection.execute("COMMIT")
        except Exception as error:  # Every append must get an answer.
            self._recover(error)
            self._errors.report(UNWRITABLE, error)
            for append in appends:  # One each: requests add details.
                append.result, append.messages = to_client_error(error), []
            self._failure = to_client_error(error).message, time.monotonic()
        else:
            self._head, self._failure = head, None
            if self._file:
                self._file.write_marker(self._epoch, head)
            self._errors.recovered()
        if appends:
            self._loop.call_soon_threadsafe(self._committed, appends)

    def _write(self, appends: list[Append]) -> int:
        """Give every append its result, and its drafts their seqs. Return the new head."""
        head, now = self._head, int(self._clock() * 1000)
        time_text = format_time(now)
        rows = []
        for append in appends:
            key, count = append.key, len(append.drafts)
            if key is not None and (found := find_receipt(self.connection, self.generations, key)):
                append.result = found
                continue
            if not append.drafts:
                append.result = Receipt(self._epoch, head + 1, 0, time_text)
                continue
            append.result = Receipt(self._epoch, head + 1, count, time_text)
            append.messages = stamp(append.drafts, self._epoch, head, time_text)
            for seq, draft in enumerate(append.drafts, head + 1):
                data = bytes(draft.data).decode() if draft.data is not None else None
                rows.append((seq, now, draft.topic, RANK[draft.level], draft.source, draft.message, data))
            if key is not None:
                receipt = (key.principal, key.key, key.digest, head + 1, count, now)
                self.connection.execute("INSERT INTO receipt VALUES (?, ?, ?, ?, ?, ?)", receipt)
            head += count
        if rows or not appends:
            self.connection.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            update = "UPDATE log SET head = ? WHERE head = ? AND epoch = ?"
            if self.connection.execute(update, (head, self._head, self._epoch)).rowcount != 1:
                raise LogError("another program has changed it; restart the server with the log that is to be kept")
        return head

    def _attempt(self, step: Step) -> bool:
        try:
            self._rewrite_wal()
            return step(self.connection)
        except Exception as error:  # The thread must go on.
            self._errors.report("maintenance failed", error)
            self._recover(error)
            return False

    def _rewrite_wal(self) -> None:
        if self._file:
            self._file.rewrite_wal()

    def _recover(self, error: Exception) -> None:
        """Get a connection without a transaction, but never to another file."""
        if self._file:
            self._file.found(error)
            self._file.is_wal_suspect |= code_of(error) == sqlite3.SQLITE_IOERR
        try:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            self.connection.execute(f"PRAGMA synchronous = {self._synchronous}")  # Maintenance may have lowered it.
        except sqlite3.Error:
            try:
                self.connection.close()
                if self._file:
                    self._file.check()
                self.connection = self._connect()
            except (sqlite3.Error, OSError, LogError) as problem:
                if self._file:
                    self._file.is_wal_suspect = True
                self._errors.report("cannot be reopened", problem)
