"""Searches in the log, bounded in time and bytes. The index and SQL only reduce the messages for `Filter.matches`."""

import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from hub.filter import Filter
from hub.log.generations import Generations
from hub.log.rows import ALL, LEVELS, ROW_BYTES, Row, as_message, read_rows, seq_before, seq_from, snapshot
from hub.message import RANK, Draft, Message
from hub.query.match_context import MatchContext
from hub.search.candidates import MAX_COMPLETIONS, SeqRange, TimeSpan, candidate_ranges
from hub.search.prefilter import prefilter

EVER: Final = (-(1 << 62), 1 << 62)
# Messages of the first statement, and of the following ones at most.
FIRST_ROWS, MAX_ROWS = 16, 4096
STATEMENT_SECONDS: Final = 0.002  # A statement that takes longer is followed by one of half the rows.


@dataclass(frozen=True, slots=True)
class Bounds:
    seconds: float = 0.04  # Then another search gets the thread.
    clock_bytes: int = 64 << 10  # Text between two readings of the clock, about 2 ms.
    page_bytes: int = 512 << 10  # Text of a page, which ends with the message that reaches this.
    max_completions: int = MAX_COMPLETIONS


@dataclass(frozen=True, slots=True)
class SearchRange:
    """What to search for. Seqs and the time span (ms since 1970) include their ends."""

    filter: Filter
    low: int = 1
    high: int = EVER[1]
    limit: int = 100
    newest_first: bool = True
    span: TimeSpan = EVER

    def after(self, seq: int, found: int) -> "SearchRange":
        rest = replace(self, limit=self.limit - found)
        return replace(rest, high=seq - 1) if self.newest_first else replace(rest, low=seq + 1)


@dataclass(slots=True)
class SearchResult:
    messages: list[Message] = field(default_factory=list)
    reached: int | None = None  # The last seq evaluated; None when the search is complete.
    damaged: int | None = None  # Seq of a damaged message, with which this part of the search ends.
    first: tuple[int, int] | None = None  # Seq and time (ms) of the oldest message in the log.


DEFAULT_BOUNDS: Final = Bounds()


def find(
    connection: sqlite3.Connection, generations: Generations, search: SearchRange, bounds: Bounds = DEFAULT_BOUNDS
) -> SearchResult:
    messages: list[Message] = []
    size = 0

    def take(row: Row) -> bool:
        nonlocal size
        messages.append(as_message(generations, row))
        size += len(row[5]) + len(row[6] or "")
        return len(messages) >= search.limit or size >= bounds.page_bytes

    result = scan(connection, search, take, bounds)
    result.messages = messages
    return result


def scan(
    connection: sqlite3.Connection, search: SearchRange, take: Callable[[Row], bool], bounds: Bounds = DEFAULT_BOUNDS
) -> SearchResult:
    """Call `take` for each matching row, in order, until it returns True or the time is over. `search.limit` is its."""
    until = time.thread_time() + bounds.seconds  # Of this thread: a busy machine must not make the slices smaller.
    result = SearchResult()
    with snapshot(connection):
        result.first = connection.execute("SELECT seq, time FROM message ORDER BY seq LIMIT 1").fetchone()
        if result.first is None:
            return result
        low, high = within(connection, search, result.first[0])
        evaluated, has_taken = 0, False
        with closing(_rows(connection, search, (low, high), bounds.max_completions)) as rows:
            for at, row in rows:
                seq, is_full = at, isinstance(row, int)
                if isinstance(row, int) and not has_taken:
                    result.damaged = row
                elif isinstance(row, int):  # The next part begins with it.
                    seq += 1 if search.newest_first else -1
                elif row is not None:
                    evaluated += ROW_BYTES + len(row[5]) + len(row[6] or "")
                    if search.filter.matches(MatchContext(_draft(row))):
                        has_taken = True
                        is_full = take(row)
                is_due = row is None or evaluated > bounds.clock_bytes
                if is_full or (is_due and time.thread_time() > until):
                    is_last = seq <= low if search.newest_first else seq >= high
                    result.reached = None if is_last else seq
                    break
                evaluated = 0 if is_due else evaluated
    return result


def within(connection: sqlite3.Connection, search: SearchRange, first: int) -> SeqRange:
    """Return the first and last seq that the search has to evaluate. `first`: of the log. In a snapshot."""
    (newest,) = connection.execute("SELECT max(seq) FROM message").fetchone()
    low, high = max(search.low, first), min(search.high, newest)
    if search.span == EVER or connection.text_factory is not str:  # A damaged time would mislead.
        return low, high
    since, until = search.span
    return (
        max(low, seq_from(connection, first, newest, since)),
        min(high, seq_before(connection, first, newest, until + 1)),
    )


def _rows(
    connection: sqlite3.Connection, search: SearchRange, seqs: SeqRange, max_completions: int
) -> Generator[tuple[int, Row | int | None], None, None]:
    """Yield the rows that may match with their seqs, damaged ones, and after each statement the last completed seq."""
    newest_first, filter_, span = search.newest_first, search.filter, search.span
    sql, values = prefilter(filter_) or ("TRUE", ())
    # A damaged level or time passes, too: it is no reason to leave a message out without a word.
    is_all = filter_.is_everything and span == EVER
    condition = (
        ALL
        if is_all
        else f"(level >= ? OR level < 0) AND (time BETWEEN ? AND ? OR typeof(time) != 'integer') AND ({sql})"
    )
    parameters = () if is_all else (RANK[filter_.level], *span, *values)
    count = FIRST_ROWS
    ranges = candidate_ranges(
        connection, filter_, seqs, span, newest_first=newest_first, max_completions=max_completions
    )
    for seq_range in ranges:
        first, last = seq_range
        if first > last:
            yield (first if newest_first else last), None
        while first <= last:
            low = max(first, last - count + 1) if newest_first else first
            high = last if newest_first else min(last, first + count - 1)
            began = time.monotonic()
            window = range(high, low - 1, -1) if newest_first else range(low, high + 1)
            for row in read_rows(connection, window, condition, parameters):
                yield (row if isinstance(row, int) else row[0]), row
            is_slow = time.monotonic() - began > STATEMENT_SECONDS
            count = max(count // 2, 1) if is_slow else min(2 * count, MAX_ROWS)
            yield (low if newest_first else high), None
            first, last = (first, low - 1) if newest_first else (high + 1, last)


def _draft(row: Row) -> Draft:
    """Return the fields that filters evaluate, at a fifth of the cost of a Message."""
    _, _, topic, level, source, message, data = row
    return Draft(topic, LEVELS[level], source, message, None if data is None else msgspec.Raw(data.encode()))
