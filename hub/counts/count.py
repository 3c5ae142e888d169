"""Counts a range of messages, newest first: by buckets where they fit, else by messages; with a query by looking."""

import sqlite3
import time
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from hub.counts.buckets import BUCKET_SECONDS, COUNTS, WHOLE
from hub.counts.tally import Tally
from hub.log.protocol import format_time
from hub.log.rows import END_OF_TIME, Row, read_rows, snapshot
from hub.message import RANK
from hub.search.candidates import SeqRange
from hub.search.find import DEFAULT_BOUNDS, EVER, Bounds, SearchRange, scan, within

STEPS: Final = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)  # Seconds.
USUAL_STEPS, MAX_STEPS = 200, 1000  # Of one answer.
MESSAGES: Final = 4096  # That one statement counts, about 4 ms.
BATCH_ROWS: Final = 8192  # Of buckets that one statement adds up, about 8 ms.
SUMS: Final = "sum(debug), sum(info), sum(warning), sum(error), sum(critical)"
MAX_COUNTED: Final = 200_000  # Messages of topics that are counted one by one, for a step under 5 minutes.


class Part(NamedTuple):
    """Messages that are counted by one statement."""

    low: int
    high: int
    has_buckets: bool  # They are those of whole buckets.


class Counting:
    """One count in slices. `step`: seconds that are wanted, 0 for about 200 steps. Any thread, one at a time."""

    def __init__(self, search: SearchRange, step: int = 0, bounds: Bounds = DEFAULT_BOUNDS) -> None:
        self._search = replace(search, newest_first=True)
        self._bounds = bounds
        self._wanted_step = step
        self._tally = Tally(search.filter.level)
        self._since, self._until = max(0, search.span[0]), min(END_OF_TIME, search.span[1] + 1)
        self._is_begun = False
        self._has_bounds = (True, True)  # `since` and `until` are given, or those of messages.
        self._step = step
        self._low, self._at = 1, 0  # The seqs that are not counted yet.
        self._reached: int | None = None  # Time (ms since 1970) of the oldest message that was counted so far.

    def part(self, connection: sqlite3.Connection) -> bool:
        """Count for one slice of time. Return True at the end. After an error, the slice can be repeated."""
        if not self._is_begun:
            with snapshot(connection):
                self._begin(connection)
            self._is_begun = True
        if self._at < self._low:
            return True
        tally = Tally(self._search.filter.level)
        if self._search.filter.query:
            at = self._scan(connection, tally)
        else:
            with snapshot(connection):
                at = self._add_up(connection, tally)
        reached = time_from(connection, at + 1)
        self._tally.merge(tally)
        self._at, self._reached = at, reached
        return self._at < self._low

    def as_json(self) -> dict[str, object]:
        is_complete = self._is_begun and self._at < self._low
        return {
            "since": _text(self._since if self._has_bounds[0] else None),
            "until": _text(self._until if self._has_bounds[1] else None),
            "step": self._step,
            **self._tally.as_json(),
            "complete": is_complete,
            "reached": None if is_complete else _text(self._reached),
        }

    def _begin(self, connection: sqlite3.Connection) -> None:
        (first,) = connection.execute("SELECT min(seq) FROM message").fetchone()
        if first is not None:
            self._low, self._at = within(connection, self._search, first)
        oldest, newest = _times(connection, first)
        if self._search.span[0] == EVER[0]:
            self._since = min(oldest, self._until)
        if self._search.span[1] == EVER[1]:
            self._until = max(newest + 1, self._since)
        since, until = self._search.span
        self._has_bounds = (first is not None or since != EVER[0], first is not None or until != EVER[1])
        seconds = (self._until - self._since) // 1000 + 1
        step = max(self._wanted_step, -(-seconds // (MAX_STEPS if self._wanted_step else USUAL_STEPS)))
        if step < BUCKET_SECONDS and not self._search.filter.query and self._lacks_detail(connection):
            step = BUCKET_SECONDS
        days = -(-step // STEPS[-1])
        self._step = STEPS[bisect_left(STEPS, step)] if days <= 1 else days * STEPS[-1]

    def _lacks_detail(self, connection: sqlite3.Connection) -> bool:
        """Return True if steps under 5 minutes would take too long."""
        if self._search.filter.topics:
            return self._at - self._low >= MAX_COUNTED
        coarse = "SELECT 1 FROM bucket WHERE spans = 0 AND topics > 0 AND last BETWEEN ? AND ? LIMIT 1"
        return connection.execute(coarse, (self._low, self._at)).fetchone() is not None

    def _scan(self, connection: sqlite3.Connection, tally: Tally) -> int:
        """Count what the query matches. Return the seq at which the next slice begins."""

        def take(row: Row) -> bool:
            counts = [0] * 5
            counts[row[3]] = 1
            tally.add(row[1] // 1000 // self._step * self._step, row[2], counts)
            return False

        search = replace(self._search, low=self._low, high=self._at)
        reached = scan(connection, search, take, self._bounds).reached
        return self._low - 1 if reached is None else reached - 1

    def _add_up(self, connection: sqlite3.Connection, tally: Tally) -> int:
        """Count all messages. Return the seq at which the next slice begins."""
        until = time.monotonic() + self._bounds.seconds
        for part in self._parts(connection):
            (self._add_buckets if part.has_buckets else self._add_messages)(connection, part, tally)
            if time.monotonic() > until:
                return part.low - 1
        return self._low - 1

    def _parts(self, connection: sqlite3.Connection) -> Iterator[Part]:
        """Yield what is to be counted, newest first."""
        since, until = self._search.span
        at, high, rows = self._at, 0, 0  # Whole buckets that are not yielded yet: those from at + 1 to `high`, if any.
        (kept,) = connection.execute("SELECT min(seq) FROM message").fetchone()
        low = max(self._low, kept or 0)
        buckets = "SELECT last, first, start, topics, spans FROM bucket WHERE last BETWEEN ? AND ? ORDER BY last DESC"
        for last, first, start, topics, spans in connection.execute(buckets, (low, at)):
            is_whole = first >= low and self._fits(start, spans)
            if high and not (is_whole and last == at and rows < BATCH_ROWS):
                yield Part(at + 1, high, has_buckets=True)
                high = rows = 0
            yield from _pieces(last + 1, at)
            at = max(low, first) - 1
            if is_whole:
                high, rows = high or last, rows + topics + spans
            elif start is None or (since < 1000 * (start + BUCKET_SECONDS) and 1000 * start <= until):
                yield from _pieces(at + 1, last)
        if high:
            yield Part(at + 1, high, has_buckets=True)
        yield from _pieces(low, at)

    def _fits(self, start: int | None, spans: int) -> bool:
        """Return True if a bucket is in the range as a whole, and has the step."""
        has_step = self._step % BUCKET_SECONDS == 0 or (spans > 0 and not self._search.filter.topics)
        since, until = self._search.span
        is_within = start is not None and since <= 1000 * start and 1000 * (start + BUCKET_SECONDS) <= until + 1
        return has_step and is_within

    def _add_buckets(self, connection: sqlite3.Connection, part: Part, tally: Tally) -> None:
        condition, globs = self._topic_condition()
        values = (part.low, part.high, *globs)
        sums = f"{SUMS} FROM {{}} WHERE last BETWEEN ? AND ? AND {condition} GROUP BY 1"
        for topic, *counts in connection.execute(f"SELECT topic, {sums.format('bucket_topic')}", values):
            tally.add(None, topic, counts)
        table = "bucket_topic" if globs else "bucket" if self._step % BUCKET_SECONDS == 0 else "bucket_span"
        step = f"start / {self._step} * {self._step}"
        for begins, *counts in connection.execute(f"SELECT {step}, {sums.format(table)}", values):
            tally.add(begins, None, counts)

    def _add_messages(self, connection: sqlite3.Connection, part: Part, tally: Tally) -> None:
        condition, globs = self._topic_condition()
        condition = f"level >= ? AND time BETWEEN ? AND ? AND {condition}"
        values = (RANK[self._search.filter.level], *self._search.span, *globs)
        if connection.text_factory is not str:  # Again, after damage was met.
            for row in read_rows(connection, range(part.low, part.high + 1), condition, values):
                if not isinstance(row, int):
                    tally.add(row[1] // 1000 // self._step * self._step, row[2], [row[3] == rank for rank in range(5)])
            return
        query = (
            f"SELECT time / {1000 * self._step} * {self._step}, topic, {COUNTS} FROM message"
            f" WHERE seq BETWEEN ? AND ? AND {WHOLE} AND {condition} GROUP BY 1, 2"
        )
        for begins, topic, *counts in connection.execute(query, (part.low, part.high, *values)):
            tally.add(begins, topic, counts)

    def _topic_condition(self) -> tuple[str, tuple[str, ...]]:
        globs = tuple(sorted(self._search.filter.topics))
        return f"({' OR '.join(['topic GLOB ?'] * len(globs)) or 'TRUE'})", globs


def _pieces(low: int, high: int) -> Iterator[Part]:
    while low <= high:
        piece = max(low, high - MESSAGES + 1)
        yield Part(piece, high, has_buckets=False)
        high = piece - 1


def _times(connection: sqlite3.Connection, first: int | None) -> SeqRange:
    """Return the earliest and the latest time of all messages, ms since 1970; 0 and -1 without messages."""
    ends = "SELECT time FROM message WHERE seq IN (:first, (SELECT max(seq) FROM message))"
    # As in `seq_before`, a plain JOIN would read all messages.
    lows = "SELECT message.time FROM clock_set_back AS back CROSS JOIN message USING (seq) WHERE back.seq > :first"
    highs = "SELECT time FROM clock_set_back WHERE seq > :first"
    query = (
        f"SELECT min(time), max(time) FROM ({ends} UNION ALL {lows} UNION ALL {highs}) WHERE typeof(time) = 'integer'"
    )
    oldest, newest = connection.execute(query, {"first": first}).fetchone()
    return (0, -1) if oldest is None else (max(0, oldest), min(newest, END_OF_TIME - 1))


def time_from(connection: sqlite3.Connection, seq: int) -> int | None:
    """Return the time (ms since 1970) of the first message from `seq` on."""
    first = "SELECT time FROM message WHERE seq >= ? AND typeof(time) = 'integer' ORDER BY seq LIMIT 1"
    (found,) = connection.execute(first, (seq,)).fetchone() or (None,)
    return found


def _text(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else format_time(min(milliseconds, END_OF_TIME - 1))
