"""Rows of the log's table of messages."""

import sqlite3
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from hub.log.generations import Generations
from hub.log.protocol import format_time
from hub.message import Level, Message

Row = tuple[int, int, str, int, str, str, str | None]
"""A message: seq, time (ms since 1970), topic, rank of its level, source, text, and data as JSON."""
ROWS: Final = "SELECT seq, time, topic, level, source, message, data FROM message"
ROW_BYTES: Final = 120  # Bytes of a frame beside text and data.
LEVELS: Final = tuple(Level)


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


def as_message(generations: Generations, row: Row) -> Message:
    seq, milliseconds, topic, level, source, message, data = row
    return Message(
        id=generations.format_id(seq),
        time=format_time(milliseconds),
        topic=topic,
        level=LEVELS[level],
        source=source,
        message=message,
        data=None if data is None else msgspec.Raw(data.encode()),
    )


def find_seq(connection: sqlite3.Connection, milliseconds: int) -> tuple[int, int]:
    """Return what `Log.seq_at` returns."""

    def time_of(seq: int) -> int:
        return int(connection.execute("SELECT time FROM message WHERE seq = ?", (seq,)).fetchone()[0])

    with snapshot(connection):
        first, head = connection.execute("SELECT (SELECT min(seq) FROM message), head FROM log").fetchone()
        first = head + 1 if first is None else first
        # The first range of rising times that ends late enough; else the last range.
        (end,) = connection.execute("SELECT min(seq) FROM clock_set_back WHERE time >= ?", (milliseconds,)).fetchone()
        end = head + 1 if end is None else end
        (start,) = connection.execute("SELECT max(seq) FROM clock_set_back WHERE seq < ?", (end,)).fetchone()
        start = first if start is None else max(first, start)
        return start - 1 + bisect_left(range(start, end), milliseconds, key=time_of), first
