"""The counts that the writer keeps in the log's file, bucket by bucket, behind the commits.

A bucket counts consecutive messages. It is written when it is complete, and never changed. What no whole bucket
counts (the newest messages, the ends of a range, a bucket of which messages were deleted) is counted from the messages.
So neither retention nor a clock that is set back changes a total.
"""

import sqlite3
import time
from typing import Final

from hub.log.maintenance import relaxed_transaction
from hub.log.rows import END_OF_TIME

BUCKET_SECONDS: Final = 300
SPAN_SECONDS: Final = 5
BUCKET_ROWS: Final = 1024  # Messages of a bucket at most, about 3 ms.
ROW_BYTES: Final = 32  # Of a row of counts, about (measured).
KEEP_SHARE: Final = 32  # The counts take at most this part of `keep_bytes`.
STEP_SECONDS: Final = 0.003
WHOLE: Final = f"typeof(time) = 'integer' AND time BETWEEN 0 AND {END_OF_TIME - 1} AND typeof(topic) = 'text'"
COUNTS: Final = "sum(level = 0), sum(level = 1), sum(level = 2), sum(level = 3), sum(level = 4)"


class Buckets:
    """The maintenance task. `bucket_rows`: messages of a bucket; `row_bytes` bounds the rows by `keep_bytes`."""

    def __init__(
        self,
        *,
        bucket_rows: int = BUCKET_ROWS,
        row_bytes: int = ROW_BYTES,
        step_seconds: float = STEP_SECONDS,
    ) -> None:
        self._bucket_rows = bucket_rows
        self._row_bytes = row_bytes
        self._step_seconds = step_seconds

    def step(self, connection: sqlite3.Connection) -> bool:
        until = time.monotonic() + self._step_seconds
        has_worked = False
        while self._drop_deleted(connection) or self._drop_excess(connection) or self._fill(connection):
            has_worked = True
            if time.monotonic() > until:
                break
        return has_worked

    def _fill(self, connection: sqlite3.Connection) -> bool:
        """Write the next bucket, if it is complete."""
        state = "SELECT (SELECT min(seq) FROM message), (SELECT max(last) FROM bucket), head FROM log"
        kept, counted, head = connection.execute(state).fetchone()
        first = max(kept or head + 1, (counted or 0) + 1)
        last = min(first + self._bucket_rows - 1, head)
        try:
            # Read before the transaction begins, which could not be committed after damage was met.
            start, last = self._extent(connection, first, last)
            if last == head and last - first + 1 < self._bucket_rows:
                return False
            spans, topics = self._count(connection, first, last)
        except sqlite3.DatabaseError:
            start, spans, topics = None, [], []
            if last - first + 1 < self._bucket_rows:
                return False
        with relaxed_transaction(connection):
            levels = [sum(row[column] for row in spans) for column in range(2, 7)]
            row = (last, first, start, len(topics), len(spans), *levels)
            connection.execute("INSERT INTO bucket VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            insert = "INSERT INTO bucket_topic VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            connection.executemany(insert, ((last, topic, start, *counts) for topic, *counts in topics))
            connection.executemany("INSERT INTO bucket_span VALUES (?, ?, ?, ?, ?, ?, ?)", spans)
        return True

    def _extent(self, connection: sqlite3.Connection, first: int, last: int) -> tuple[int, int]:
        """Return the start of the 5 minutes of message `first`, and the last of the messages in them up to `last`."""
        (found,) = connection.execute("SELECT time FROM message WHERE seq = ?", (first,)).fetchone() or (0,)
        is_time = type(found) is int and 0 <= found < END_OF_TIME
        start = found // 1000 // BUCKET_SECONDS * BUCKET_SECONDS if is_time else 0  # Damaged: it counts nothing.
        other = "SELECT seq FROM message WHERE seq BETWEEN ? AND ? AND time NOT BETWEEN ? AND ? ORDER BY seq LIMIT 1"
        span = (start * 1000, (start + BUCKET_SECONDS) * 1000 - 1)
        (end,) = connection.execute(other, (first + 1, last, *span)).fetchone() or (last + 1,)
        return start, end - 1

    def _count(
        self, connection: sqlite3.Connection, first: int, last: int
    ) -> tuple[list[tuple[int, ...]], list[tuple[str, *tuple[int, ...]]]]:
        where = f"FROM message WHERE seq BETWEEN ? AND ? AND {WHOLE} GROUP BY"
        span = f"time / {1000 * SPAN_SECONDS}"
        spans = f"SELECT max(seq), {span} * {SPAN_SECONDS}, {COUNTS} {where} {span}"
        topics = f"SELECT topic, {COUNTS} {where} topic"
        return connection.execute(spans, (first, last)).fetchall(), connection.execute(topics, (first, last)).fetchall()

    def _drop_deleted(self, connection: sqlite3.Connection) -> bool:
        """Delete the oldest bucket if all its messages are deleted."""
        oldest = "SELECT last, first FROM bucket WHERE last < (SELECT min(seq) FROM message) ORDER BY last LIMIT 1"
        return self._drop(connection, connection.execute(oldest).fetchone())

    def _drop_excess(self, connection: sqlite3.Connection) -> bool:
        """While the rows take too much room, delete the oldest ones: those of 5 seconds, then whole buckets."""
        size = "SELECT total(topics + spans) * ? > keep_bytes / ? FROM bucket, log"
        if not connection.execute(size, (self._row_bytes, KEEP_SHARE)).fetchone()[0]:  # NULL: not limited yet.
            return False
        detailed = "SELECT last, first FROM bucket WHERE spans > 0 ORDER BY last LIMIT 1"
        if row := connection.execute(detailed).fetchone():
            with relaxed_transaction(connection):
                connection.execute("DELETE FROM bucket_span WHERE last BETWEEN ? AND ?", row[::-1])
                connection.execute("UPDATE bucket SET spans = 0 WHERE last = ?", row[:1])
            return True
        # The newest is kept: it is the watermark.
        oldest = "SELECT last, first FROM bucket WHERE last < (SELECT max(last) FROM bucket) ORDER BY last LIMIT 1"
        return self._drop(connection, connection.execute(oldest).fetchone())

    def _drop(self, connection: sqlite3.Connection, bucket: tuple[int, int] | None) -> bool:
        if bucket is None:
            return False
        last, first = bucket
        with relaxed_transaction(connection):
            connection.execute("DELETE FROM bucket_span WHERE last BETWEEN ? AND ?", (first, last))
            connection.execute("DELETE FROM bucket_topic WHERE last = ?", (last,))
            connection.execute("DELETE FROM bucket WHERE last = ?", (last,))
        return True
