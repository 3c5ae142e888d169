"""How much history is kept: by age, count and size of the file, always from the oldest end.

Each chore is one small step, because publishers wait for the same thread; what is kept stays
without holes. A step that is `busy` stands between two commits: it does only what cannot wait. Steps
end by the clock, not by a number, because a row or a page may cost a microsecond or a seek.
"""

import logging
import sqlite3
import time
from collections.abc import Callable
from typing import Final

from hub.config import LogConfig
from hub.log.age import AHEAD_SECONDS, Age
from hub.log.database import BUSY_SECONDS, WAL_BYTES, pragma
from hub.log.jobs import STEP_SECONDS, relaxed_transaction
from hub.log.readers import ReaderPool
from hub.search import index as search_index

logger = logging.getLogger("eyewall.log")

STEP_ROWS: Final = 1000  # Deleted by one statement, at most.
# How far over the bounds a busy log may get: some two commits' worth, for otherwise each would bring a second sync.
BUSY_ROWS: Final = 8192
BUSY_BYTES: Final = 8 << 20
KEPT_FREE_PAGES: Final = 1000  # Free pages are used again; to give all of them back would cost twice.
CHECKPOINT_SECONDS: Final = 30  # A small one is copied into the file this often …
CHECKPOINT_NOW_SECONDS: Final = 0.1  # … a large one at once, but a reader who is in the way is not asked all the time.
COPY_SECONDS: Final = 0.02  # What a large one may take, and with it a publisher who comes at that moment …
COPIED_SECONDS: Final = 0.001  # In less there was nothing left to copy.
LEAST_WAL_BYTES: Final = 1 << 20  # … but less than this at a time is not worth its sync.
HOLD_BYTES: Final = 32 << 20  # So large it only gets while there is always somebody who reads: they have to wait …
HOLD_SECONDS: Final = 1.0  # … so long at most, and as a rule for what is left of a search's turn …
HOLD_AGAIN_SECONDS: Final = 60  # … and if it was in vain, not again before that.
RECEIPT_SECONDS: Final = 24 * 3600
RECEIPTS_EVERY_SECONDS: Final = 60
STEP_RECEIPTS: Final = 200  # Forgotten by one statement.
NO_SEQ: Final = (1 << 63) - 1  # More than there will ever be.


class Retention:
    """Chores for the writer, in its thread. `pruned` gets the new first seq, after each commit that changed it."""

    def __init__(
        self,
        config: LogConfig,
        age: Age,
        wal_bytes: Callable[[], int],
        readers: ReaderPool,
        pruned: Callable[[int], None],
    ) -> None:
        self.config = config
        self._readers = readers
        self._age = age
        self._wal_bytes = wal_bytes
        self._pruned = pruned
        self._checkpoint_at = self._hold_at = float("-inf")  # Monotonic.
        self._held_until: float | None = None
        self._wal_limit = WAL_BYTES
        self._receipts_at = 0.0  # By the clock, which also decides how old they are.

    def prune(self, connection: sqlite3.Connection, busy: bool) -> bool:
        """Delete the oldest rows that are too many, too old, or take too much room. The newest stays."""
        first, head = connection.execute("SELECT (SELECT min(seq) FROM message), head FROM log").fetchone()
        if first is None or first == head:
            return False
        last = max(head - self.config.keep_messages, self._age.last_old(connection, first, head, self.config.keep_for))
        too_many, too_big = last - first + 1, self._excess(connection)
        if (too_many < BUSY_ROWS and too_big < BUSY_BYTES) if busy else (too_many <= 0 and too_big <= 0):
            return False
        end = head
        # Where there is no room, what is remembered of messages that are gone goes before those that are kept.
        if too_big > 0 and too_many < BUSY_ROWS:
            if self._forget(connection, "first", first):
                return True
            reached = self._reach(connection, first)
            # A segment has many steps, and each commit in between may bring more than one of them takes away.
            if reached == first and not (busy and too_big > 2 * BUSY_BYTES):
                return True
            end = min(reached, head) if reached > first else head
        # Busy and far over the bounds, no less may go than comes with each commit.
        until = time.monotonic() + STEP_SECONDS * (2 if busy else 1)
        rows = 1  # At a time, and more and more: one row may be a megabyte, and a thousand take a millisecond.
        with relaxed_transaction(connection):
            now = time.monotonic()
            while first < end and (goes := self._too_many(connection, first, last, head)):
                first = min(end, first + min(rows, goes))
                connection.execute("DELETE FROM message WHERE seq < ?", (first,))
                if too_big > 0:
                    connection.execute(_forgetting("first"), (rows, first, NO_SEQ))
                rows = min(2 * rows, STEP_ROWS)
                before, now = now, time.monotonic()
                if now + 2 * (now - before) > until:  # So long may the next ones take.
                    break
            connection.execute("DELETE FROM clock_set_back WHERE seq <= ?", (first,))
        self._pruned(first)
        return True

    def _reach(self, connection: sqlite3.Connection, first: int) -> int:
        """Up to where messages may go for their room; `first` when a step of the oldest segment went instead."""
        number, middle = search_index.oldest(connection) or (0, NO_SEQ)
        if middle <= first:
            search_index.drop_step(connection, number)
        return max(first, middle)

    def shrink(self, connection: sqlite3.Connection, busy: bool) -> bool:
        """Give free pages back to the file system."""
        if busy or pragma(connection, "freelist_count") <= KEPT_FREE_PAGES:
            return False
        until = time.monotonic() + STEP_SECONDS
        with relaxed_transaction(connection):
            while pragma(connection, "freelist_count") > KEPT_FREE_PAGES:
                # Frees one page, because it has a step for each and execute takes one: a page may cost a seek.
                connection.execute("PRAGMA incremental_vacuum")
                if time.monotonic() > until:  # Asked behind the first one: to be late is no reason to do nothing.
                    break
        return True

    def checkpoint(self, connection: sqlite3.Connection, busy: bool) -> bool:
        """Copy the write-ahead log into the file. PASSIVE: waits for no reader."""
        now, size = time.monotonic(), self._wal_bytes()
        if self._held_until is not None:
            return self._begin_anew(connection, now)
        if size <= self._wal_limit and (busy or now < self._checkpoint_at + CHECKPOINT_SECONDS):
            return False
        if now < self._checkpoint_at + CHECKPOINT_NOW_SECONDS:
            return False
        self._checkpoint_at = now
        _, frames, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if is_large := size > self._wal_limit:
            self._fit(connection, frames, time.monotonic() - now)
        if size > HOLD_BYTES and now > self._hold_at:
            self._held_until = now + HOLD_SECONDS
            self._readers.hold()
        return is_large

    def _begin_anew(self, connection: sqlite3.Connection, now: float) -> bool:
        """The write-ahead log does in a moment without readers, and of those who search there may always be one."""
        if not self._readers.hold() and now < (self._held_until or 0):
            return True
        self._held_until = None
        try:
            connection.execute("PRAGMA busy_timeout = 0")  # No publisher waits for another program that reads.
            is_busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            self._readers.go_on()
            connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        if is_busy:
            self._hold_at = now + HOLD_AGAIN_SECONDS
            logger.warning("somebody who reads keeps the write-ahead log at %d MiB", self._wal_bytes() >> 20)
        return True

    def _fit(self, connection: sqlite3.Connection, frames: int, seconds: float) -> None:
        """A disk that was slow to take the write-ahead log gets it in smaller pieces, a fast one in larger ones."""
        if seconds < COPIED_SECONDS:
            return
        fit = int(frames * pragma(connection, "page_size") * COPY_SECONDS / seconds)
        limit = min(max(fit, self._wal_limit // 2, LEAST_WAL_BYTES), self._wal_limit * 2, WAL_BYTES)
        if limit != self._wal_limit:
            self._wal_limit = limit
            # It is written in place up to here, and cut off here when it begins anew.
            connection.execute(f"PRAGMA journal_size_limit = {limit}")

    def forget_receipts(self, connection: sqlite3.Connection, busy: bool) -> bool:
        """Idempotency-Keys are remembered for a day, or until there is no room for messages (prune)."""
        now = self._age.now()
        # A clock that was set back must not put this off either.
        if busy or now is None or 0 <= now - self._receipts_at < RECEIPTS_EVERY_SECONDS:
            return False
        # Those from the future, said by a wrong clock, would hold up all behind them.
        oldest, ahead = int((now - RECEIPT_SECONDS) * 1000), int((now + AHEAD_SECONDS) * 1000)
        if self._forget(connection, "time", oldest, ahead):
            return True
        self._receipts_at = now
        return False

    def _forget(self, connection: sqlite3.Connection, column: str, least: int, most: int = NO_SEQ) -> bool:
        """One step of it, from the oldest on: the receipts with less or more in that column. False for none."""
        oldest = connection.execute(f"SELECT {column} FROM receipt ORDER BY first LIMIT {STEP_RECEIPTS}").fetchall()
        if all(least <= value <= most for (value,) in oldest):
            return False
        until = time.monotonic() + STEP_SECONDS
        with relaxed_transaction(connection):
            while connection.execute(_forgetting(column), (STEP_RECEIPTS, least, most)).rowcount:
                if time.monotonic() > until:
                    break
        return True

    def _too_many(self, connection: sqlite3.Connection, first: int, last: int, head: int) -> int:
        """How many rows have to go: those up to `last`, or about half of those that take too much room."""
        if first <= last:
            return last - first + 1
        excess = self._excess(connection)
        # Their share of all rows. Half of it, because the oldest may be the largest.
        return max(1, excess * (head - first + 1) // (excess + self.config.keep_bytes) // 2) if excess > 0 else 0

    def _excess(self, connection: sqlite3.Connection) -> int:
        """Bytes in use beyond what may be; negative when there is room."""
        used = pragma(connection, "page_count") - pragma(connection, "freelist_count")
        return used * pragma(connection, "page_size") - self.config.keep_bytes


def _forgetting(column: str) -> str:
    """SQL to delete, of the so many oldest receipts, those with less or more in that column."""
    oldest = f"SELECT key, {column} AS value FROM receipt ORDER BY first LIMIT ?"
    return f"DELETE FROM receipt WHERE key IN (SELECT key FROM ({oldest}) WHERE value NOT BETWEEN ? AND ?)"
