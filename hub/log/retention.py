"""Deletes the oldest messages, by age, count and size."""

import sqlite3
import time
from collections.abc import Callable
from typing import Final, Protocol

from hub.log.age import Age
from hub.log.limits import Limits
from hub.log.maintenance import relaxed_transaction
from hub.log.schema import used_bytes
from hub.log.tuning import Tuning

STEP_ROWS: Final = 1000  # Rows that one statement deletes at most, about 1 ms.
RECEIPT_SECONDS: Final = 24 * 3600
RECEIPTS_EVERY_SECONDS: Final = 60
STEP_RECEIPTS: Final = 200
MAX_SEQ: Final = (1 << 63) - 1


class Index(Protocol):
    """An index of the messages in the same file, in segments that are dropped whole."""

    def oldest(self, connection: sqlite3.Connection) -> tuple[int, int] | None:
        """Return the number of the oldest segment, and the first seq of its second half."""

    def drop_step(self, connection: sqlite3.Connection, segment: int) -> None:
        """Delete a part of a segment, in a transaction of its own."""


class Retention:
    """Calls `pruned` with the new first seq after each commit."""

    def __init__(
        self, limits: Limits, age: Age, index: Index | None, pruned: Callable[[int], None], tuning: Tuning
    ) -> None:
        self._limits = limits
        self._age = age
        self._index = index
        self._pruned = pruned
        self._tuning = tuning
        self._receipts_at = 0.0

    def step(self, connection: sqlite3.Connection, *, is_urgent: bool = False) -> bool:
        """Delete the oldest rows that exceed a limit. The newest row stays."""
        self._limits.update(connection)
        first, head = connection.execute("SELECT (SELECT min(seq) FROM message), head FROM log").fetchone()
        if first is None or first == head:
            return False
        expired = self._age.last_expired(connection, first, head, self._limits.in_force.seconds)
        last = max(head - self._limits.in_force.messages, expired)
        rows, size = last - first + 1, self._excess(connection)
        urgent_rows, urgent_bytes = self._tuning.urgent_rows, self._tuning.urgent_bytes
        if (rows < urgent_rows and size < urgent_bytes) if is_urgent else (rows <= 0 and size <= 0):
            return False
        end = head
        # To make room, receipts of deleted messages and indexes go before messages.
        if size > 0 and rows < urgent_rows:
            if self._forget(connection, "first", first, MAX_SEQ):
                return True
            reached = self._room_in_segment(connection, first)
            # Far over the limit, each commit may add more than one step of dropping frees.
            if reached == first and not (is_urgent and size > 2 * urgent_bytes):
                return True
            end = min(reached, head) if reached > first else head
        self._delete(connection, first, end, last, head, is_urgent=is_urgent)
        return True

    def urgent_step(self, connection: sqlite3.Connection) -> bool:
        return self.step(connection, is_urgent=True)

    def _delete(
        self, connection: sqlite3.Connection, first: int, end: int, last: int, head: int, *, is_urgent: bool
    ) -> None:
        """An urgent step must delete no less than each commit adds."""
        until = time.monotonic() + self._tuning.step_seconds * (2 if is_urgent else 1)
        makes_room = self._excess(connection) > 0
        rows = 1  # Rows a statement, doubled each time: one row may be a megabyte.
        with relaxed_transaction(connection):
            now = time.monotonic()
            while first < end and (count := self._excess_rows(connection, first, last, head)):
                first = min(end, first + min(rows, count))
                connection.execute("DELETE FROM message WHERE seq < ?", (first,))
                if makes_room:
                    connection.execute(_delete_receipts("first"), (rows, first, MAX_SEQ))
                rows = min(2 * rows, STEP_ROWS)
                before, now = now, time.monotonic()
                if now + 2 * (now - before) > until:  # The next statement may take as long.
                    break
            connection.execute("DELETE FROM clock_set_back WHERE seq <= ?", (first,))
        self._pruned(first)

    def _room_in_segment(self, connection: sqlite3.Connection, first: int) -> int:
        """Return up to where rows may be deleted; `first` after a step of dropping the oldest segment."""
        oldest = self._index.oldest(connection) if self._index else None
        if self._index is None or oldest is None:
            return MAX_SEQ
        segment, middle = oldest
        if middle <= first:
            self._index.drop_step(connection, segment)
        return max(first, middle)

    def _excess_rows(self, connection: sqlite3.Connection, first: int, last: int, head: int) -> int:
        """Return how many rows must be deleted: those up to `last`, or about half of those that take too much room."""
        if first <= last:
            return last - first + 1
        used = used_bytes(connection)
        excess = used - self._limits.in_force.bytes
        # Half, because the oldest may be the largest.
        return max(1, excess * (head - first + 1) // used // 2) if excess > 0 else 0

    def _excess(self, connection: sqlite3.Connection) -> int:
        return used_bytes(connection) - self._limits.in_force.bytes

    def expire_receipts(self, connection: sqlite3.Connection) -> bool:
        """Forget Idempotency-Keys after a day. `step` forgets them earlier, to make room."""
        now = self._age.now()
        # Negative: the clock was set back, which must not delay this.
        if now is None or 0 <= now - self._receipts_at < RECEIPTS_EVERY_SECONDS:
            return False
        # Receipts of a wrong clock's future must not block those behind them.
        oldest, newest = int((now - RECEIPT_SECONDS) * 1000), int((now + RECEIPT_SECONDS) * 1000)
        if self._forget(connection, "time", oldest, newest):
            return True
        self._receipts_at = now
        return False

    def _forget(self, connection: sqlite3.Connection, column: str, least: int, most: int) -> bool:
        """Delete, for one step, the oldest receipts with a value out of range. False for none."""
        oldest = connection.execute(f"SELECT {column} FROM receipt ORDER BY first LIMIT {STEP_RECEIPTS}").fetchall()
        if all(least <= value <= most for (value,) in oldest):
            return False
        until = time.monotonic() + self._tuning.step_seconds
        with relaxed_transaction(connection):
            while connection.execute(_delete_receipts(column), (STEP_RECEIPTS, least, most)).rowcount:
                if time.monotonic() > until:
                    break
        return True


def _delete_receipts(column: str) -> str:
    """SQL to delete, of so many oldest receipts, those with a value out of range."""
    oldest = f"SELECT principal, key, {column} AS value FROM receipt ORDER BY first LIMIT ?"
    bad = f"SELECT principal, key FROM ({oldest}) WHERE value NOT BETWEEN ? AND ?"
    return f"DELETE FROM receipt WHERE (principal, key) IN ({bad})"
