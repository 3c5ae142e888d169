"""Maintenance in the writer's thread: short steps of several tasks, in turn, with pauses.

Publishers wait for the same thread, so a step works for about 3 ms by the clock: a row costs a microsecond or a seek.
"""

import itertools
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from hub.log.database import BUSY_SECONDS
from hub.log.tuning import Tuning

logger = logging.getLogger("eyewall.log")

# The pause after a step, as a multiple of its duration, while publishers are active: at most 10 % of the time.
PAUSE_ACTIVE: Final = 9
PAUSE_IDLE: Final = 6  # The loop may need the same core: without a pause its lag had a p99 of 36 ms (measured).
URGENT_INTERVAL_BYTES: Final = 256 << 10  # Committed between two rounds, which cost as much as a small commit each.
COMMIT_BYTES: Final = 8 << 10  # Bytes that the smallest commit adds to the write-ahead log.
WARN_SECONDS: Final = 60.0  # Between two warnings about a reader that prevents truncation.

Step = Callable[[sqlite3.Connection], bool]
"""Runs in the writer's thread, outside of a transaction. True if it did something: there may be more to do."""


class Maintenance:
    """The schedule. `attempt` runs one step and handles its errors. `urgent` steps run between two commits."""

    def __init__(
        self, steps: Sequence[Step], urgent: Sequence[Step], attempt: Callable[[Step], bool], interval: float
    ) -> None:
        self._turns, self._count = itertools.cycle(steps), len(steps)
        self._urgent = urgent
        self._attempt = attempt
        self._interval = interval
        self._idle_turns = 0  # Steps in a row that had nothing to do.
        self._bytes_since = 0
        self._next_at = time.monotonic() + interval  # The first appends after a start wait for no maintenance.

    def seconds_left(self) -> float:
        """Seconds until a step is due; not positive when one is."""
        return self._next_at - time.monotonic()

    def committed(self, size: int) -> None:
        self._bytes_since += COMMIT_BYTES + size

    def run(self, *, is_active: bool) -> None:
        """Do one step if it is due. `is_active`: publishers were waiting."""
        began = time.monotonic()
        if began >= self._next_at:
            # In turn: a long indexing must not keep retention from deleting.
            has_worked = bool(self._count) and self._attempt(next(self._turns))
            self._idle_turns = 0 if has_worked else self._idle_turns + 1
            now = time.monotonic()
            pause = (PAUSE_ACTIVE if is_active else PAUSE_IDLE) * (now - began)
            if self._idle_turns >= self._count:
                self._idle_turns = 0
                pause = max(pause, self._interval)
            self._next_at = now + pause
        elif self._bytes_since >= URGENT_INTERVAL_BYTES:
            self._bytes_since = 0
            any(map(self._attempt, self._urgent))  # At most one of them does something.


class Checkpoint:
    """Copies the write-ahead log (WAL) into the file, and truncates it. `wal_bytes` returns its size.

    A large WAL is copied at once, a smaller one every 30 s. SQLite then writes it again from the start, in a moment
    without an older reader. If readers overlap all the time it grows, until reads pause (sqlite.py).
    """

    def __init__(self, wal_bytes: Callable[[], int], tuning: Tuning) -> None:
        self._wal_bytes = wal_bytes
        self._tuning = tuning
        self._last_at = self._warned_at = float("-inf")  # Monotonic.
        self._large_since: float | None = None

    def step(self, connection: sqlite3.Connection) -> bool:
        if time.monotonic() >= self._last_at + self._tuning.checkpoint_seconds:
            self._checkpoint(connection)
            return False
        return self.urgent_step(connection)

    def urgent_step(self, connection: sqlite3.Connection) -> bool:
        is_due = time.monotonic() >= self._last_at + self._tuning.checkpoint_now_seconds
        if not is_due or self._wal_bytes() <= self._tuning.wal_bytes:
            return False
        self._checkpoint(connection)
        return True

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        now = self._last_at = time.monotonic()
        if self._wal_bytes() <= self._tuning.wal_pause_bytes:
            self._large_since = None
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()  # Waits for no reader.
            return
        try:
            connection.execute("PRAGMA busy_timeout = 0")  # Nor does this: publishers wait for this thread.
            is_busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        if not is_busy:
            self._large_since = None
            return
        self._large_since = self._large_since or now
        # Reads of this process have paused by then.
        if now - self._large_since > 2 * self._tuning.wal_pause_seconds and now > self._warned_at + WARN_SECONDS:
            self._warned_at = now
            size = self._wal_bytes() >> 20
            logger.warning("a long-running read transaction prevents WAL truncation (%d MiB)", size)


@contextmanager
def relaxed_transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run a transaction that does not wait for the disk. A power cut may undo it.

    The next commit of messages syncs it too. After an error the writer rolls back and restores `synchronous`.
    """
    (level,) = connection.execute("PRAGMA synchronous").fetchone()
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("COMMIT")
    connection.execute(f"PRAGMA synchronous = {level}")
