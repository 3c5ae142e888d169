"""Rows of the log's table of messages.

A row may be damaged, by a disk or by a program. Then its page is read again by `reread`.
"""

import sqlite3
from bisect import bisect_left
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

import msgspec

from hub.log.generations import Generations
from hub.log.protocol import T, format_time
from hub.message import Level, Message

Row = tuple[int, int, str, int, str, str, str | None]
"""A message: seq, time (ms since 1970), topic, rank of its level, source, text, and data as JSON."""
ROWS: Final = "SELECT seq, time, topic, level, source, message, data FROM message"
ALL: Final = "TRUE"  # The condition that every message meets.
ROW_BYTES: Final = 120  # Bytes of a frame beside text and data.
LEVELS: Final = tuple(Level)
END_OF_TIME: Final = 253_402_300_800_000  # Ms since 1970; the first that no datetime can be.
_raw: Final = msgspec.json.Decoder(msgspec.Raw).decode


class DamagedRow(sqlite3.DatabaseError):
    """A row that cannot be a message."""


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")  # COMMIT fails when a statement has met damage.


def read_rows(
    connection: sqlite3.Connection, seqs: range, condition: str = ALL, values: Sequence[object] = ()
) -> Generator[Row | int, None, None]:
    """Yield the rows of `seqs`, in that order, that meet a condition in SQL. The log must have held all of them.

    For one that is damaged or not there raise sqlite3.DatabaseError, or in `reread` yield its seq. Where a condition
    is evaluated, one that is not there is noticed in `reread` only: to count rows took 30 % longer (measured).
    """
    query = f"{ROWS} WHERE seq BETWEEN ? AND ? AND ({condition})"
    if connection.text_factory is str:
        low, high = min(seqs, default=1), max(seqs, default=0)
        order = "ASC" if seqs.step > 0 else "DESC"
        expected = iter(seqs)
        for row in connection.execute(f"{query} ORDER BY seq {order}", (low, high, *values)):
            if not _is_whole(row) or (condition == ALL and row[0] != next(expected)):
                raise DamagedRow(f"message {row[0]}, or one beside it")
            yield row
        if condition == ALL and next(expected, None) is not None:
            raise DamagedRow(f"a message up to {high}")
        return
    for seq in seqs:
        try:
            row = connection.execute(query, (seq, seq, *values)).fetchone()
            if row is not None:
                yield _mended(row) if _is_whole(row) else seq
            elif not connection.execute("SELECT 1 FROM message WHERE seq = ?", (seq,)).fetchone():
                yield seq
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_CORRUPT:
                raise
            yield seq


def reread(function: Callable[[sqlite3.Connection], T], connection: sqlite3.Connection) -> T:
    """Call the function with a connection that reads row by row, with U+FFFD for bytes that are not UTF-8."""
    connection.text_factory = lambda text: text.decode(errors="replace")
    try:
        return function(connection)
    finally:
        connection.text_factory = str


def _is_whole(row: Row) -> bool:
    _, time, topic, level, source, message, data = row
    return (
        type(time) is type(level) is int
        and 0 <= time < END_OF_TIME
        and 0 <= level < len(LEVELS)
        and type(topic) is type(source) is type(message) is str
        and (data is None or type(data) is str)
    )


def _mended(row: Row) -> Row:
    """Return the row with data that is not JSON as a string."""
    try:
        _raw(row[6] or "null")
    except (msgspec.DecodeError, RecursionError):
        return (*row[:6], msgspec.json.encode(row[6]).decode())
    return row


def as_message(generations: Generations, row: Row) -> Message:
    """Raises DamagedRow for data that is not JSON: one message would make a whole page unreadable."""
    seq, milliseconds, topic, level, source, message, data = row
    try:
        raw = None if data is None else _raw(data)
    except msgspec.DecodeError:
        raise DamagedRow(f"message {seq}") from None
    return Message(
        id=generations.format_id(seq),
        time=format_time(milliseconds),
        topic=topic,
        level=LEVELS[level],
        source=source,
        message=message,
        data=raw,
    )


def find_seq(connection: sqlite3.Connection, milliseconds: int) -> tuple[int, int]:
    """Return what `Log.seq_at` returns."""
    with snapshot(connection):
        first, head = connection.execute("SELECT (SELECT min(seq) FROM message), head FROM log").fetchone()
        first = head + 1 if first is None else first
        return seq_from(connection, first, head, milliseconds) - 1, first


def seq_from(connection: sqlite3.Connection, first: int, head: int, milliseconds: int) -> int:
    """Return the first seq with that time or a later one; `head + 1` for none. In a snapshot."""
    # The first range of rising times that ends late enough; else the last range.
    ends = "SELECT min(seq) FROM clock_set_back WHERE time >= ? AND seq > ?"
    (end,) = connection.execute(ends, (milliseconds, first)).fetchone()
    end = head + 1 if end is None else end
    (start,) = connection.execute("SELECT max(seq) FROM clock_set_back WHERE seq < ?", (end,)).fetchone()
    start = first if start is None else max(first, start)
    return start + bisect_left(range(start, end), milliseconds, key=partial(_time_of, connection))


def seq_before(connection: sqlite3.Connection, first: int, head: int, milliseconds: int) -> int:
    """Return the last seq with an earlier time; `first - 1` for none. In a snapshot."""
    # The last range of rising times that begins early enough; else the first range.
    # CROSS JOIN keeps SQLite from reading all messages in search of the few of the table in front.
    begins = (
        "SELECT set_back.seq FROM clock_set_back AS set_back CROSS JOIN message USING (seq)"
        " WHERE message.time < ? AND set_back.seq > ? ORDER BY set_back.seq DESC LIMIT 1"
    )
    (start,) = connection.execute(begins, (milliseconds, first)).fetchone() or (first,)
    (end,) = connection.execute("SELECT min(seq) FROM clock_set_back WHERE seq > ?", (start,)).fetchone()
    end = head + 1 if end is None else end
    return start - 1 + bisect_left(range(start, end), milliseconds, key=partial(_time_of, connection))


def _time_of(connection: sqlite3.Connection, seq: int) -> int:
    (time,) = connection.execute("SELECT time FROM message WHERE seq = ?", (seq,)).fetchone() or (None,)
    if type(time) is not int:
        raise DamagedRow(f"message {seq}")
    return time
