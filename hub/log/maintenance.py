"""Maintenance in the writer's thread: steps of about 3 ms, in turn, with pauses."""

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

# Pauses after a step, as a multiple of its duration. Without one, the loop's lag had a p99 of 36 ms (measured).
PAUSE_ACTIVE, PAUSE_IDLE = 9, 6  # While publishers are active, and while none is.
URGENT_INTERVAL_BYTES: Final = 256 << 10  # Committed between two rounds of urgent steps.
COMMIT_BYTES: Final = 8 << 10  # Bytes that the smallest commit adds to the write-ahead log.
WARN_SECONDS: Final = 60.0

Step = Callable[[sqlite3.Connection], bool]
"""Returns whether it did something, so that there may be more to do."""


class Maintenance:
    """`attempt` runs a step and handles its errors. `urgent` steps run between two commits."""

    def __init__(
        self, steps: Sequence[Step], urgent: Sequence[Step], attempt: Callable[[Step], bool], interval: float
    ) -> None:
        self._turns, self._count = itertools.cycle(steps), len(steps)
        self._urgent = urgent
        self._attempt = attempt
        self._interval = interval
        self._idle_turns = 0
        self._bytes_since = 0
        self._next_at = time.monotonic() + interval

    def seconds_left(self) -> float:
        return self._next_at - time.monotonic()

    def committed(self, size: int) -> None:
        self._bytes_since += COMMIT_BYTES + size

    def run(self, *, is_active: bool) -> None:
        """Do one step if it is due. `is_active`: publishers were waiting."""
        began = time.monotonic()
        if began >= self._next_at:
            # In turn: indexing must not keep retention from deleting.
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

    If readers overlap all the time the WAL grows, until reads pause (sqlite.py).
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
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            return
        try:
            connection.execute("PRAGMA busy_timeout = 0")  # Publishers wait for this thread.
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
    """Run a transaction that the next commit syncs too. After an error the writer restores `synchronous`."""
    (level,) = connection.execute("PRAGMA synchronous").fetchone()
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("COMMIT")
    connection.execute(f"PRAGMA synchronous = {level}")
