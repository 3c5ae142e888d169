"""The index that makes searching a large log fast: full-text tables, and how the writer builds them.

It only says which messages cannot be meant (candidates.py asks it), so it may lag behind the log and
be wrong in one direction: whoever searches looks at every message that is left.

A document is a block of 8 messages, a token any three characters, without positions (FTS5). Blocks,
because an index of single messages is written at half the speed, is larger, and finds no faster
(measured). Each 65,536 seqs have a table, dropped whole when the last of its messages is gone, or in a log
without room when half of them are.
"""

import sqlite3
import time
from itertools import groupby
from typing import Final

import msgspec

from hub.log.database import ROWS, Row
from hub.log.jobs import STEP_SECONDS, relaxed_transaction
from hub.message import Level
from hub.query.match_context import fold, strings

BLOCK: Final = 8
SEGMENT: Final = 65_536  # Seqs in a table; a multiple of BLOCK.
# Some 3 ms: with 1024 publishers felt it. Fewer wait for a next step: each is a commit, and a piece to merge.
STEP_ROWS: Final = 256
STEP_CHARACTERS: Final = 256 << 10  # A step of long messages ends here.
MERGE_PAGES: Final = 8  # Some 3 ms.
DROP_ROWS: Final = 16  # Of 4 KB, between two looks at the clock.
LONGEST: Final = 32 << 10  # Characters of one message; one that is longer is always looked at.

# Between fields stand characters that nobody types, so that a topic can be found with both its ends,
# and a level is three of them.
LEVEL: Final = tuple(f"\ue000\ue000{chr(0xE010 + rank)}" for rank in range(len(Level)))
TOPIC, SOURCE, STRING, CUT = "\ue001", "\ue002", "\ue003", "\ue004\ue004\ue004"

_decode: Final = msgspec.json.Decoder().decode


# Chores for the writer (writer.py). None of them cannot wait, so between two commits nothing is done.


def extend(connection: sqlite3.Connection, busy: bool) -> bool:
    """Index the next messages."""
    if busy:
        return False
    state = "SELECT (SELECT min(seq) FROM message), (SELECT head FROM log), (SELECT max(indexed) FROM segment)"
    first, head, indexed = connection.execute(state).fetchone()
    if first is None:
        return False
    start = max(indexed or 0, first // BLOCK * BLOCK)
    if head + 1 - start < STEP_ROWS:
        return False
    number = start // SEGMENT
    stop = min(start + STEP_ROWS, (number + 1) * SEGMENT)
    row = connection.execute("SELECT indexed > start FROM segment WHERE number = ?", (number,)).fetchone()
    if row == (0,):  # It is being dropped.
        return False
    with relaxed_transaction(connection):
        if row is None:
            _begin_segment(connection, number, start)
        _index(connection, number, start, stop)
    return True


def merge(connection: sqlite3.Connection, busy: bool) -> bool:
    """Make a full segment's pieces one, so that a search looks once instead of 256 times."""
    if busy:
        return False
    full = "SELECT number, merging FROM segment WHERE indexed = (number + 1) * ? AND NOT merged LIMIT 1"
    row = connection.execute(full, (SEGMENT,)).fetchone()
    if row is None:
        return False
    number, is_under_way = row
    with relaxed_transaction(connection):
        before = connection.total_changes
        # A negative number begins to merge all there is, positive ones go on until nothing changes any more
        # (SQLite FTS5 Extension, "The 'merge' Command").
        pages = MERGE_PAGES if is_under_way else -MERGE_PAGES
        connection.execute(f"INSERT INTO search_{number}(search_{number}, rank) VALUES ('merge', ?)", (pages,))
        merged = connection.total_changes - before < 2
        connection.execute("UPDATE segment SET merging = 1, merged = ? WHERE number = ?", (merged, number))
    return True


def drop(connection: sqlite3.Connection, busy: bool) -> bool:
    """Delete the oldest segment when all that it covers is gone, and nothing is to be added to it."""
    if busy:
        return False
    # One that lags behind is not made anew: each of its tables is a schema change, for which everybody prepares anew.
    gone = (
        "SELECT number FROM segment, (SELECT min(seq) AS first FROM message) WHERE indexed <= first"
        " AND (indexed = start OR (number + 1) * ? <= first) ORDER BY number LIMIT 1"
    )
    row = connection.execute(gone, (SEGMENT,)).fetchone()
    if row is not None:
        drop_step(connection, row[0])
    return row is not None


CHORES: Final = (drop, extend, merge)


def oldest(connection: sqlite3.Connection) -> tuple[int, int] | None:
    """Number of the oldest segment, and the seq from which on half of what it covers is gone."""
    ends = "SELECT number, (start + indexed + 1) / 2 FROM segment ORDER BY number LIMIT 1"
    row: tuple[int, int] | None = connection.execute(ends).fetchone()
    return row


def drop_step(connection: sqlite3.Connection, number: int) -> None:
    """Delete a segment, some rows at a time: of long messages it has hundreds of megabytes, and publishers wait."""
    until = time.monotonic() + STEP_SECONDS
    with relaxed_transaction(connection):
        # From now on it covers nothing, so nobody asks it or goes on with it, and `drop` finds it.
        connection.execute("UPDATE segment SET indexed = start WHERE number = ?", (number,))
        # The first rows say what there is: without them FTS5 would not even open what is to be dropped.
        rows = f"SELECT id FROM search_{number}_data WHERE id > 10 LIMIT {DROP_ROWS}"
        while connection.execute(f"DELETE FROM search_{number}_data WHERE id IN ({rows})").rowcount:
            if time.monotonic() > until:
                return
        connection.execute(f"DROP TABLE IF EXISTS trigram_{number}")
        connection.execute(f"DROP TABLE search_{number}")
        connection.execute("DELETE FROM segment WHERE number = ?", (number,))


def folded(text: str) -> str:
    """As the index has it. FTS5 ends a text at NUL, and has one letter for all that are none."""
    # translate() would take 60 times as long (measured).
    return fold(text).replace("\0", "\ufffd").replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")


def document(row: Row) -> str:
    """All of one message that a term can look for, the keys of its data included."""
    _, _, topic, level, source, message, data = row
    text = f"{LEVEL[level]}{TOPIC}{topic}{SOURCE}{source}{STRING}{message}{STRING}"
    if data is not None:
        try:
            text += "".join(value + STRING for value in strings(_decode(data), keys=True))
        except (RecursionError, msgspec.DecodeError):
            text += CUT
    # The line end makes two characters behind the last text too, so that its last letter begins a trigram.
    return folded(text if len(text) <= LONGEST else text[:LONGEST] + CUT) + "\n"


def _begin_segment(connection: sqlite3.Connection, number: int, start: int) -> None:
    connection.execute(
        f"CREATE VIRTUAL TABLE search_{number} USING fts5"
        "(text, content = '', columnsize = 0, detail = none, tokenize = 'trigram case_sensitive 1')"
    )
    # Merging by itself it would now and then take 200 ms (measured); `merge` does it in steps.
    for setting, value in (("automerge", 0), ("crisismerge", 2000)):
        connection.execute(f"INSERT INTO search_{number}(search_{number}, rank) VALUES (?, ?)", (setting, value))
    # A view on the same: which trigrams there are, in order, for texts that are shorter.
    connection.execute(f"CREATE VIRTUAL TABLE trigram_{number} USING fts5vocab(search_{number}, row)")
    connection.execute("INSERT INTO segment VALUES (?, ?, ?, NULL, NULL, 0, 0)", (number, start, start))


def _index(connection: sqlite3.Connection, number: int, start: int, stop: int) -> None:
    indexed, characters = start, 0
    times: list[int] = []
    documents = []
    rows = connection.execute(f"{ROWS} WHERE seq >= ? AND seq < ? ORDER BY seq", (start, stop))
    for block, members in groupby(rows, lambda row: int(row[0]) // BLOCK):
        found = list(members)
        if found[-1][0] % BLOCK != BLOCK - 1:  # The newest block is not full yet.
            break
        documents.append((block, "".join(map(document, found))))
        times += [row[1] for row in found]
        indexed = (block + 1) * BLOCK
        characters += len(documents[-1][1])
        if characters > STEP_CHARACTERS:
            break
    connection.executemany(f"INSERT INTO search_{number}(rowid, text) VALUES (?, ?)", documents)
    connection.execute(
        "UPDATE segment SET indexed = :indexed, oldest = min(ifnull(oldest, :oldest), :oldest), "
        "newest = max(ifnull(newest, :newest), :newest) WHERE number = :number",
        {"indexed": indexed, "oldest": min(times), "newest": max(times), "number": number},
    )
