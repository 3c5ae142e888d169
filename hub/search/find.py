"""Finding messages in the log, on a connection that reads.

Every message that is found has been asked `Filter.matches`: the index and the conditions in SQL only
save looking. A search is bounded in time and bytes, and says how far it came.
"""

import sqlite3
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from hub.filter import Filter
from hub.log.generations import Generations
from hub.log.rows import LEVELS, ROW_BYTES, ROWS, Row, as_message, snapshot
from hub.message import RANK, Draft, Message
from hub.query.match_context import MatchContext
from hub.search.candidates import stretches

# Then it is somebody else's turn, and the write-ahead log can be copied; and whoever asked sees how far it came.
SLICE_SECONDS: Final = 0.04
# Of texts, between two looks at the clock: some 2 ms. A machine that is busy elsewhere makes no page of ten rows short.
LOOK_BYTES: Final = 64 << 10
PAGE_BYTES: Final = 512 << 10  # Of texts. A page ends with the message that reaches this.
EVER: Final = (-(1 << 62), 1 << 62)


@dataclass(frozen=True, slots=True)
class SearchRange:
    """What to look for among the seqs `low` to `high` and the times `span` (ms since 1970), ends included."""

    wanted: Filter
    low: int
    high: int
    limit: int
    newest_first: bool
    span: tuple[int, int] = EVER

    def behind(self, seq: int, found: int) -> "SearchRange":
        """What is left of it when `seq` has been reached and so many were found."""
        rest = replace(self, limit=self.limit - found)
        return replace(rest, high=seq - 1) if self.newest_first else replace(rest, low=seq + 1)


@dataclass(slots=True)
class SearchResult:
    """`reached` is the last seq looked at; None when all were, or there never were any."""

    messages: list[Message] = field(default_factory=list)
    reached: int | None = None
    first: tuple[int, int] | None = None  # Seq and time (ms) of the oldest message kept.


def find(
    connection: sqlite3.Connection, generations: Generations, search: SearchRange, seconds: float = SLICE_SECONDS
) -> SearchResult:
    """At most `search.limit` messages, in order, in about so many seconds."""
    until = time.monotonic() + seconds
    found = SearchResult()
    with snapshot(connection):
        found.first = connection.execute("SELECT seq, time FROM message ORDER BY seq LIMIT 1").fetchone()
        low = max(search.low, found.first[0]) if found.first else search.high + 1
        with closing(_looked_at(connection, search, low)) as rows:
            size = looked = 0
            for seq, row in rows:
                if row is not None:
                    text_size = len(row[5]) + len(row[6] or "")
                    looked += ROW_BYTES + text_size
                    if search.wanted.matches(MatchContext(_draft(row))):
                        found.messages.append(as_message(generations, row))
                        size += text_size
                is_full = len(found.messages) >= search.limit or size >= PAGE_BYTES
                if is_full or ((row is None or looked > LOOK_BYTES) and time.monotonic() > until):
                    is_last = seq <= low if search.newest_first else seq >= search.high
                    found.reached = None if is_last else seq
                    break
                looked = 0 if looked > LOOK_BYTES else looked
    return found


def _looked_at(
    connection: sqlite3.Connection, search: SearchRange, low: int
) -> Generator[tuple[int, Row | None], None, None]:
    """Every row that may be meant, in order, with its seq; now and then none, with the last seq that is done."""
    order = "DESC" if search.newest_first else "ASC"
    # The plus keeps SQLite from reading in the order of the time: it need not be that of the log.
    rows = f"{ROWS} WHERE seq BETWEEN ? AND ? AND level >= ? AND +time BETWEEN ? AND ? ORDER BY seq {order}"
    wanted, newest_first, span = search.wanted, search.newest_first, search.span
    for first, last in stretches(connection, wanted, low, search.high, span, newest_first=newest_first):
        if first <= last:
            for row in connection.execute(rows, (first, last, RANK[wanted.level], *span)):
                yield row[0], row
        yield (first if newest_first else last), None


def _draft(row: Row) -> Draft:
    """Enough to be asked whether it is meant, at a fifth of the cost of a Message."""
    _, _, topic, level, source, message, data = row
    return Draft(topic, LEVELS[level], source, message, None if data is None else msgspec.Raw(data.encode()))
