"""How much history is kept: by age, count and size of the file, always from the oldest end.

Steps are small, because publishers wait for the same thread; what is kept stays without holes.
"""

import logging
import sqlite3
from collections.abc import Callable
from typing import Final

from hub.config import LogConfig
from hub.log import Clock

logger = logging.getLogger("eyewall.log")

STEP_ROWS: Final = 2000  # Deleting takes some 2 µs a row: under 5 ms.
BUSY_ROWS: Final = 8192  # Under load: more than one commit can bring, or the log would outgrow its bounds.
STEP_PAGES: Final = 200  # Given back to the file system in one step.
KEPT_FREE_PAGES: Final = 1000  # Free pages are used again; to give all of them back would cost twice.
CHECKPOINT_BYTES: Final = 4 << 20  # A write-ahead log worth copying into the file when there is time …
CHECKPOINT_NOW_BYTES: Final = 16 << 20  # … and when there is none.
ALARM_BYTES: Final = 64 << 20
RECEIPT_SECONDS: Final = 24 * 3600
RECEIPTS_EVERY_SECONDS: Final = 60
STEP_RECEIPTS: Final = 500


class Retention:
    """Chores for the writer, in its thread. `pruned` gets the new first seq."""

    def __init__(
        self, config: LogConfig, clock: Clock, wal_bytes: Callable[[], int], pruned: Callable[[int], None]
    ) -> None:
        self.config = config
        self._clock = clock
        self._wal_bytes = wal_bytes
        self._pruned = pruned
        self._checkpointed_at = 0
        self._receipts_at = 0.0

    def prune(self, connection: sqlite3.Connection, busy: bool) -> bool:
        """Delete the oldest rows that are too many, too old, or take too much room. The newest stays."""
        rows = "SELECT (SELECT min(seq) FROM message), (SELECT head FROM log)"
        first, head = connection.execute(rows).fetchone()
        if first is None or first == head:
            return False
        window = first - 1 + (BUSY_ROWS if busy else STEP_ROWS)
        last = min(window, head - 1, max(head - self.config.keep_messages, self._last_old(connection, first, window)))
        if last < window and self._is_too_big(connection):
            last = min(window, head - 1)
        # A sync for each step: under load only a whole one is worth it.
        if last < first or (busy and last < window):
            return False
        connection.execute("DELETE FROM message WHERE seq <= ?", (last,))
        self._pruned(last + 1)
        return True

    def shrink(self, connection: sqlite3.Connection, busy: bool) -> bool:
        """Give free pages back to the file system."""
        if busy or _pragma(connection, "freelist_count") <= KEPT_FREE_PAGES:
            return False
        connection.execute(f"PRAGMA incremental_vacuum({STEP_PAGES})").fetchall()
        return True

    def checkpoint(self, connection: sqlite3.Connection, busy: bool) -> bool:
        """Copy the write-ahead log into the file before it grows large. PASSIVE: waits for no reader."""
        size = self._wal_bytes()
        changes = connection.total_changes
        if changes != self._checkpointed_at and size > (CHECKPOINT_NOW_BYTES if busy else CHECKPOINT_BYTES):
            self._checkpointed_at = changes
            _, frames, done = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if size > ALARM_BYTES and done < frames:
                logger.warning("a long search keeps the write-ahead log at %d MiB", size >> 20)
        return False

    def forget_receipts(self, connection: sqlite3.Connection, busy: bool) -> bool:
        """Idempotency-Keys are remembered for a day."""
        now = self._clock()
        if busy or now - self._receipts_at < RECEIPTS_EVERY_SECONDS:
            return False
        old = "SELECT key FROM receipt WHERE time < ? ORDER BY time LIMIT ?"
        limits = (int((now - RECEIPT_SECONDS) * 1000), STEP_RECEIPTS)
        deleted = connection.execute(f"DELETE FROM receipt WHERE key IN ({old})", limits).rowcount
        if deleted < STEP_RECEIPTS:
            self._receipts_at = now
        return deleted == STEP_RECEIPTS

    def _last_old(self, connection: sqlite3.Connection, first: int, window: int) -> int:
        """The last seq in the window in front of the first row that is young enough."""
        oldest = int((self._clock() - self.config.keep_for) * 1000)
        young = "SELECT seq FROM message WHERE seq BETWEEN ? AND ? AND time >= ? ORDER BY seq LIMIT 1"
        row = connection.execute(young, (first, window, oldest)).fetchone()
        return window if row is None else int(row[0]) - 1

    def _is_too_big(self, connection: sqlite3.Connection) -> bool:
        used = _pragma(connection, "page_count") - _pragma(connection, "freelist_count")
        return used * _pragma(connection, "page_size") > self.config.keep_bytes


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
