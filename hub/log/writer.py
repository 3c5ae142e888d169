"""The one thread that writes the log: group commit, and small chores in between.

All publishers who wait at that moment share one transaction; each is answered after its commit, so
the more publishers there are, the more share a sync. Knows SQL and threads; knows no readers.
"""

import asyncio
import itertools
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from hub.errors import NotStored
from hub.log.database import close_writer
from hub.log.errors import UNWRITABLE, ErrorThrottle, code_of, explain
from hub.log.file import LogError, LogFile
from hub.log.jobs import COMMIT_FRAMES, UNASKED_BYTES, Append, Call, Chore, find_receipt
from hub.log.protocol import Clock, IdempotencyKey, Receipt, format_time, stamp
from hub.message import RANK, Draft

COMMIT_DRAFTS: Final = 4096  # In one transaction: some 20 ms. More would make the first of them wait.
COMMIT_BYTES: Final = 4 << 20
TIDY_SECONDS: Final = 1.0  # How often every chore is asked, however much or little is published.
# After a step, so many times as long as it took: while somebody publishes a tenth of the time has to do. And where
# nobody does, the loop may be busy on the same core (replays: its lag p99 was 36 ms with no rest, measured).
BUSY_REST: Final = 9
CALM_REST: Final = 6


class Writer:
    """`committed` is called on the loop with what is in the log now, in order, before anybody is answered.

    `name` is what error lines call the log, `file` what it stands in, if anything.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[], sqlite3.Connection],
        clock: Clock,
        chores: Sequence[Chore],
        committed: Callable[[Sequence[Append]], None],
        file: LogFile | None = None,
    ) -> None:
        self._connect = connect
        self._file = file
        self._connection = connect()
        (self._synchronous,) = self._connection.execute("PRAGMA synchronous").fetchone()
        self._clock = clock
        self._chores = chores
        self._turns = itertools.cycle(chores)
        self._unasked = 0  # Bytes committed since.
        self._idle = 0  # How many of them in a row had nothing to do.
        # Monotonic. Not at once: who publishes first after a start waits for no chore of before.
        self._tidy_at = time.monotonic() + TIDY_SECONDS
        self._committed = committed
        self._trouble = ErrorThrottle(name)
        row: tuple[int, int] = self._connection.execute("SELECT epoch, head FROM log").fetchone()
        self.epoch, self._head = row
        if file:
            file.vouch(*row, synced=True)
        self._jobs: queue.SimpleQueue[Append | Call | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._stopped = False
        self._loop: asyncio.AbstractEventLoop

    @property
    def connection(self) -> sqlite3.Connection:
        """Before `start` anybody's, then the thread's alone."""
        return self._connection

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def append(self, drafts: Sequence[Draft], size: int, once: IdempotencyKey | None) -> "asyncio.Future[Receipt]":
        """Queue what a publisher says. The future may also hold LogFull, NotStored or Conflict."""
        answer: asyncio.Future[Receipt] = self._loop.create_future()
        self._put(Append(drafts, size, once, answer))
        return answer

    def call(self, function: Callable[[sqlite3.Connection], Any]) -> "asyncio.Future[Any]":
        """Run a function on the writing connection, between two commits."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._put(Call(function, answer))
        return answer

    def stop(self) -> None:
        """Finish the queue and close; returns when that is done, so not on the loop. Safe to call twice."""
        self._stopped = True
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join()
        self._connection.close()

    def _put(self, job: Append | Call) -> None:
        if self._stopped:  # Nobody would ever take it.
            raise NotStored("the log is closed", hint="the server is stopping; publish again when it is back")
        self._jobs.put(job)

    # The thread

    def _run(self) -> None:
        stopping = False
        while not stopping:
            appends, calls, stopping = self._take(self._tidy_at - time.monotonic())
            if appends:
                self._commit(appends)
            for call in calls:
                self._call(call)
            began = time.monotonic()
            if began >= self._tidy_at:
                self._tidy()
                now = time.monotonic()
                self._tidy_at = max(self._tidy_at, now + (BUSY_REST if appends else CALM_REST) * (now - began))
            elif self._unasked >= UNASKED_BYTES:
                self._unasked = 0
                any(self._do(chore, busy=True) for chore in self._chores)  # One of them, at most.
        for _ in range(2):  # Once more after a failed sync: what it left behind must not be copied as it is.
            try:
                self._make_sure()
                close_writer(self._connection)
                break
            except (sqlite3.Error, LogError) as error:
                self._recover(error)
                self._trouble.say("cannot be tidied up at the end (the next start does it)", error)

    def _take(self, seconds: float) -> tuple[list[Append], list[Call], bool]:
        """Everything that waits, as much as one commit may hold; or nothing, after so many seconds."""
        appends: list[Append] = []
        calls: list[Call] = []
        drafts = size = 0
        try:
            job = self._jobs.get(timeout=seconds) if seconds > 0 else self._jobs.get_nowait()
            while True:
                if job is None:
                    return appends, calls, True
                if isinstance(job, Call):
                    calls.append(job)
                else:
                    appends.append(job)
                    drafts += len(job.drafts)
                    size += job.size
                    if drafts >= COMMIT_DRAFTS or size >= COMMIT_BYTES:
                        break
                job = self._jobs.get_nowait()
        except queue.Empty:
            pass
        return appends, calls, False

    def _commit(self, appends: list[Append]) -> None:
        connection = self._connection
        self._unasked += COMMIT_FRAMES + sum(append.size for append in appends)
        try:
            self._make_sure()
            connection.execute("BEGIN IMMEDIATE")
            head = self._write(appends)
            if self._file:
                self._file.check()
            connection.execute("COMMIT")
        except Exception as error:  # Whatever it is, nobody may wait for ever, and the thread lives on.
            self._recover(error)
            self._trouble.say(UNWRITABLE, error)
            for append in appends:  # An error each: who catches one adds to it what concerns him alone.
                append.receipt, append.messages = explain(error), []
        else:
            self._head = head
            if self._file:
                self._file.vouch(self.epoch, head)
            self._trouble.is_over()
        self._loop.call_soon_threadsafe(self._committed, appends)

    def _write(self, appends: list[Append]) -> int:
        """Give every append its receipt, and its drafts their seqs. Returns the new head."""
        head, now = self._head, int(self._clock() * 1000)
        time_text = format_time(now)
        rows = []
        for append in appends:
            if append.once is not None and (said := find_receipt(self._connection, self.epoch, append.once)):
                append.receipt = said
                continue
            append.receipt = Receipt(self.epoch, head + 1, len(append.drafts), time_text)
            append.messages = stamp(append.drafts, self.epoch, head, time_text)
            for seq, draft in enumerate(append.drafts, head + 1):
                data = bytes(draft.data).decode() if draft.data is not None else None
                rows.append((seq, now, draft.topic, RANK[draft.level], draft.source, draft.message, data))
            if append.once is not None:
                once = append.once
                row = (once.key, once.digest, head + 1, len(append.drafts), now, 0)
                self._connection.execute("INSERT INTO receipt VALUES (?, ?, ?, ?, ?, ?)", row)
            head += len(append.drafts)
        if rows:
            self._connection.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            update = "UPDATE log SET head = ? WHERE head = ? AND epoch = ?"
            if self._connection.execute(update, (head, self._head, self.epoch)).rowcount != 1:
                raise LogError("another program has changed it; restart the server with the log that shall go on")
        return head

    def _call(self, call: Call) -> None:
        try:
            result, error = call.function(self._connection), None
        except Exception as problem:  # The caller's to handle, whatever it is.
            result, error = None, problem
        self._loop.call_soon_threadsafe(call.settle, result, error)

    def _tidy(self) -> None:
        """One step of one chore, so that nobody waits for more than that; when none has anything to do, a rest.

        Each in its turn: while all that waits is being indexed, what takes too much room has to go.
        """
        self._idle = 0 if self._do(next(self._turns), busy=False) else self._idle + 1
        if self._idle == len(self._chores):
            self._idle = 0
            self._tidy_at = time.monotonic() + TIDY_SECONDS

    def _do(self, chore: Chore, *, busy: bool) -> bool:
        try:
            self._make_sure()
            return chore(self._connection, busy)
        except Exception as error:  # As in _commit.
            self._trouble.say("cannot be tidied up", error)
            self._recover(error)
            return False

    def _make_sure(self) -> None:
        if self._file:
            self._file.make_sure()

    def _recover(self, error: Exception) -> None:
        """After an error: a connection without a transaction, a new one if need be; but never to another log."""
        if self._file and code_of(error) == sqlite3.SQLITE_IOERR:
            self._file.distrust()
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._connection.execute(f"PRAGMA synchronous = {self._synchronous}")  # A chore may have lowered it.
        except sqlite3.Error:
            try:
                self._connection.close()
                if self._file:
                    self._file.check()
                self._connection = self._connect()
            except (sqlite3.Error, OSError, LogError) as problem:
                if self._file:  # It may have written something, and its sync may have failed.
                    self._file.distrust()
                self._trouble.say("cannot be reopened", problem)
