"""The full-text index of a log, and how the writer builds it.

It only excludes messages that cannot match, so it may lag behind. A document is a block of 8 messages: single ones
are indexed at half the speed (measured). A token is any three characters. Tables are dropped whole.
"""

import sqlite3
import time
from collections.abc import Sequence
from itertools import groupby
from typing import Final

import msgspec

from hub.log.maintenance import Step, relaxed_transaction
from hub.log.rows import Row, read_rows, reread
from hub.message import Level
from hub.query.match_context import fold, texts
from hub.terminal import plain

BLOCK: Final = 8
SEGMENT: Final = 65_536  # Seqs in a table; a multiple of BLOCK.
STEP_ROWS: Final = 256  # Messages that one step indexes, about 3 ms. Fewer wait.
STEP_CHARACTERS: Final = 256 << 10
STEP_SECONDS: Final = 0.003
MERGE_PAGES: Final = 8  # Pages that one step merges, about 3 ms.
DROP_ROWS: Final = 16  # Rows of 4 KB that one statement drops.
LONGEST: Final = 32 << 10  # Characters of one message that are indexed. A longer one always is a candidate.

# Private-use characters separate the fields. A level is three of them.
LEVEL: Final = tuple(f"\ue000\ue000{chr(0xE010 + rank)}" for rank in range(len(Level)))
TOPIC, SOURCE, STRING, CUT = "\ue001", "\ue002", "\ue003", "\ue004\ue004\ue004"
DOCUMENT_VERSION: Final = 2  # Of `document`. Segments of older ones are not searched, and are dropped and built again.


class SearchIndex:
    def __init__(
        self, *, segment: int = SEGMENT, step_rows: int = STEP_ROWS, step_seconds: float = STEP_SECONDS
    ) -> None:
        """`segment`: seqs in a table, a multiple of BLOCK."""
        self._segment = segment
        self._step_rows = step_rows
        self._step_seconds = step_seconds

    @property
    def steps(self) -> Sequence[Step]:
        return self.drop, self.extend, self.merge

    def extend(self, connection: sqlite3.Connection) -> bool:
        state = (
            "SELECT (SELECT min(seq) FROM message), (SELECT head FROM log), (SELECT max(indexed) FROM segment),"
            " (SELECT min(version) FROM segment)"
        )
        first, head, indexed, version = connection.execute(state).fetchone()
        if first is None or (version or DOCUMENT_VERSION) < DOCUMENT_VERSION:
            return False
        start = max(indexed or 0, first // BLOCK * BLOCK)
        if head + 1 - start < self._step_rows:
            return False
        number = start // self._segment
        stop = min(start + self._step_rows, (number + 1) * self._segment)
        row = connection.execute("SELECT indexed > start FROM segment WHERE number = ?", (number,)).fetchone()
        if row == (0,):  # It is being dropped.
            return False
        with relaxed_transaction(connection):
            if row is None:
                _begin_segment(connection, number, start)
            _index(connection, number, max(start, first), stop)
        return True

    def merge(self, connection: sqlite3.Connection) -> bool:
        """Merge the 256 pieces of a full segment."""
        full = "SELECT number, merging FROM segment WHERE indexed = (number + 1) * ? AND NOT merged LIMIT 1"
        row = connection.execute(full, (self._segment,)).fetchone()
        if row is None:
            return False
        number, is_under_way = row
        with relaxed_transaction(connection):
            before = connection.total_changes
            # A negative number begins to merge; positive ones continue until nothing changes (SQLite FTS5 Extension,
            # "The 'merge' Command").
            pages = MERGE_PAGES if is_under_way else -MERGE_PAGES
            connection.execute(f"INSERT INTO search_{number}(search_{number}, rank) VALUES ('merge', ?)", (pages,))
            merged = connection.total_changes - before < 2
            connection.execute("UPDATE segment SET merging = 1, merged = ? WHERE number = ?", (merged, number))
        return True

    def drop(self, connection: sqlite3.Connection) -> bool:
        """Delete a segment if all its messages are deleted, or if it is of an older version."""
        # A segment that lags behind is kept: after each new table every connection prepares its statements again.
        deleted = (
            "SELECT number FROM segment, (SELECT min(seq) AS first FROM message) WHERE version < ? OR indexed <= first"
            " AND (indexed = start OR (number + 1) * ? <= first) ORDER BY number LIMIT 1"
        )
        row = connection.execute(deleted, (DOCUMENT_VERSION, self._segment)).fetchone()
        if row is not None:
            self.drop_step(connection, row[0])
        return row is not None

    def oldest(self, connection: sqlite3.Connection) -> tuple[int, int] | None:
        """Return the number of the oldest segment, and the first seq of its second half."""
        ends = "SELECT number, (start + indexed + 1) / 2 FROM segment ORDER BY number LIMIT 1"
        row: tuple[int, int] | None = connection.execute(ends).fetchone()
        return row

    def drop_step(self, connection: sqlite3.Connection, segment: int) -> None:
        """Delete a part of a segment, which may have hundreds of megabytes."""
        until = time.monotonic() + self._step_seconds
        with relaxed_transaction(connection):
            # Now searches and `extend` skip it, and `drop` finds it.
            connection.execute("UPDATE segment SET indexed = start WHERE number = ?", (segment,))
            # Without the first rows FTS5 could not open the table.
            rows = f"SELECT id FROM search_{segment}_data WHERE id > 10 LIMIT {DROP_ROWS}"
            while connection.execute(f"DELETE FROM search_{segment}_data WHERE id IN ({rows})").rowcount:
                if time.monotonic() > until:
                    return
            connection.execute(f"DROP TABLE IF EXISTS trigram_{segment}")
            connection.execute(f"DROP TABLE search_{segment}")
            connection.execute("DELETE FROM segment WHERE number = ?", (segment,))


def folded(text: str) -> str:
    """FTS5 ends a text at NUL and replaces invalid characters."""
    # translate() takes 60 times as long (measured).
    return fold(text).replace("\0", "\ufffd").replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")


def document(row: Row) -> str:
    _, _, topic, level, source, message, data = row
    text = f"{LEVEL[level]}{TOPIC}{topic}{SOURCE}{source}{STRING}{plain(message)}{STRING}"
    if data is not None:
        try:
            text += "".join(value + STRING for value in texts(data, keys=True))
        except (RecursionError, msgspec.DecodeError):
            text += CUT
    # With the line end, the last letter of the last text begins a trigram too.
    return folded(text if len(text) <= LONGEST else text[:LONGEST] + CUT) + "\n"


def _begin_segment(connection: sqlite3.Connection, number: int, start: int) -> None:
    connection.execute(
        f"CREATE VIRTUAL TABLE search_{number} USING fts5"
        "(text, content = '', columnsize = 0, detail = none, tokenize = 'trigram case_sensitive 1')"
    )
    # FTS5's own merges take up to 200 ms (measured); `merge` does it in steps.
    for setting, value in (("automerge", 0), ("crisismerge", 2000)):
        connection.execute(f"INSERT INTO search_{number}(search_{number}, rank) VALUES (?, ?)", (setting, value))
    # The list of all trigrams, in order, for texts of less than three characters.
    connection.execute(f"CREATE VIRTUAL TABLE trigram_{number} USING fts5vocab(search_{number}, row)")
    connection.execute(
        "INSERT INTO segment VALUES (?, ?, ?, NULL, NULL, 0, 0, ?)", (number, start, start, DOCUMENT_VERSION)
    )


def _index(connection: sqlite3.Connection, number: int, first: int, stop: int) -> None:
    full = range(first, stop - stop % BLOCK)  # The newest block may not be full yet.
    try:
        documents, times, indexed = _documents(connection, full)
    except sqlite3.DatabaseError:  # A damaged row.
        documents, times, indexed = reread(lambda connection: _documents(connection, full), connection)
    connection.executemany(f"INSERT INTO search_{number}(rowid, text) VALUES (?, ?)", documents)
    connection.execute(
        "UPDATE segment SET indexed = :indexed, oldest = min(ifnull(oldest, :oldest), :oldest), "
        "newest = max(ifnull(newest, :newest), :newest) WHERE number = :number",
        {"indexed": indexed, "oldest": min(times), "newest": max(times), "number": number},
    )


def _documents(connection: sqlite3.Connection, seqs: range) -> tuple[list[tuple[int, str]], list[int], int]:
    """Return blocks with their documents, the times of the messages, and the seq up to which there are documents."""
    documents: list[tuple[int, str]] = []
    times: list[int] = []
    characters = 0
    rows = (row for row in read_rows(connection, seqs) if not isinstance(row, int))
    for block, members in groupby(rows, lambda row: row[0] // BLOCK):
        found = list(members)
        documents.append((block, "".join(map(document, found))))
        times += [row[1] for row in found]
        characters += len(documents[-1][1])
        if characters > STEP_CHARACTERS:
            return documents, times, (block + 1) * BLOCK
    return documents, times or [0], seqs.stop
