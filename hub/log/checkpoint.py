"""Checkpoints: copying the write-ahead log (WAL) into the file, and truncating it.

A WAL beyond 4 MiB is copied at once, a smaller one every 30 s. SQLite then writes it again from the
start, in a moment without an older reader. If readers overlap all the time it grows; beyond 32 MiB
reads pause (sqlite.py) and the WAL is truncated.
"""

import logging
import sqlite3
import time
from collections.abc import Callable
from typing import Final

from hub.log.database import BUSY_SECONDS
from hub.log.tuning import Tuning

logger = logging.getLogger("eyewall.log")

WARN_SECONDS: Final = 60.0  # Between two warnings about a reader that prevents truncation.


class Checkpoint:
    """A MaintenanceTask. `wal_bytes` returns the size of the write-ahead log."""

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
