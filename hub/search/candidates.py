"""Which stretches of the log can hold what is asked for.

Owns the translation of a filter into what the index understands. Whatever that cannot say is left
out, so that too much may be named, but never too little.
"""

import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from typing import Final

from hub.filter import Filter
from hub.message import RANK, Level
from hub.query.match_context import glob
from hub.query.terms import And, DataCompared, DataExists, DataIs, FieldIs, LevelIs, Or, Term, Text
from hub.search.index import BLOCK, CUT, LEVEL, SOURCE, STRING, TOPIC, folded

SCAN_ROWS: Final = 4096  # In one stretch, where the index does not help.
MOST_TRIGRAMS: Final = 24  # Of one text; more of them cost more than they exclude (a guess).
MOST_BEGINNINGS: Final = 256  # A shorter text that more trigrams begin with is common: looking finds it soon.
NOWHERE: Final = "\ue005\ue005\ue005"  # No document has it.

Stretch = tuple[int, int]
"""First and last seq. An empty one (0, -1) says that some time has passed without finding any."""


def stretches(
    connection: sqlite3.Connection, wanted: Filter, low: int, high: int, span: Stretch, *, newest_first: bool
) -> Iterator[Stretch]:
    """Of the seqs from `low` to `high`, those to look at, in order. `span`: first and last ms asked for."""
    step = -1 if newest_first else 1
    order = "DESC" if newest_first else "ASC"
    for start, stop, number in list(_pieces(connection, low, high, span))[::step]:
        asked = None if number is None else Trigrams(connection, number).filter(wanted)
        if asked is None:
            starts = range(start, stop + 1, SCAN_ROWS)[::step]
            yield from ((begin, min(begin + SCAN_ROWS - 1, stop)) for begin in starts)
            continue
        blocks = connection.execute(
            f"SELECT rowid FROM search_{number} WHERE search_{number} MATCH ? AND rowid BETWEEN ? AND ? "
            f"ORDER BY rowid {order}",
            (asked, start // BLOCK, stop // BLOCK),
        )
        for (block,) in blocks:
            yield max(start, block * BLOCK), min(stop, (block + 1) * BLOCK - 1)
        yield (start, start - 1) if newest_first else (stop + 1, stop)


def _pieces(
    connection: sqlite3.Connection, low: int, high: int, span: Stretch
) -> Iterator[tuple[int, int, int | None]]:
    """The same seqs, oldest first, as first and last seq and the segment that has them, or None.

    Without what was all said at another time; message by message the time need not rise.
    """
    at = low
    segments = "SELECT number, start, indexed, oldest, newest FROM segment ORDER BY number"
    for number, start, indexed, oldest, newest in connection.execute(segments):
        if at < min(start, high + 1):
            yield at, min(start - 1, high), None
        first, last = max(at, start), min(indexed - 1, high)
        if first <= last and oldest <= span[1] and newest >= span[0]:
            yield first, last, number
        at = max(at, indexed)
    if at <= high:
        yield at, high, None


class Trigrams:
    """What one segment has: it turns what is asked for into an expression for its FTS5 table.

    None stands for what could not exclude anything worth the asking.
    """

    def __init__(self, connection: sqlite3.Connection, number: int) -> None:
        self._connection = connection
        self._table = f"trigram_{number}"
        # Segments that were begun before there were such tables have none.
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (self._table,)).fetchone()
        self._is_listed = known is not None

    def filter(self, wanted: Filter) -> str | None:
        parts = [self._term(wanted.query.term)]
        if RANK[wanted.level] >= RANK[Level.WARNING]:  # Of the lower ones there is no end anyway.
            parts.append(self._term(LevelIs(">=", wanted.level)))
        if wanted.topics:
            globs = (re.split("[*?]", glob) for glob in sorted(wanted.topics))
            parts.append(_any(self._field(TOPIC, parts, SOURCE) for parts in globs))
        both = _all(parts)
        return None if both is None else f"{both} OR {_quoted(CUT)}"

    def _term(self, term: Term) -> str | None:
        match term:
            case Text(needle):
                return self._text(needle)
            case LevelIs():
                return _any(self._text(LEVEL[RANK[level]]) for level in sorted(term.levels))
            case FieldIs("topic", parts):
                return self._field(TOPIC, parts, SOURCE)
            case FieldIs("source", parts):
                return self._field(SOURCE, parts, STRING)
            case DataIs(path, parts):
                # A number, true, false and null may be something else than a string: only their keys are indexed.
                said = glob(parts)
                is_string = term.number is None and not any(map(said, ("true", "false", "null")))
                return _all((self._path(path), self._field(STRING, parts, STRING) if is_string else None))
            case DataCompared(path) | DataExists(path):
                return self._path(path)
            case And(terms):
                return _all(map(self._term, terms))
            case Or(terms):
                return _any(map(self._term, terms))
        return None  # What is not there cannot be looked up.

    def _field(self, before: str, parts: Iterable[str], after: str) -> str | None:
        """A whole field, with anything between the parts."""
        first, *others = parts
        if not others:
            return self._text(before + first + after)
        return _all(map(self._text, (before + first, *others[:-1], others[-1] + after)))

    def _path(self, path: str) -> str | None:
        """Its names are keys, or parts of keys, or positions."""
        return _all(self._text(name) for name in path.split(".") if not name.isdigit())

    def _text(self, text: str) -> str | None:
        """All of it, three characters at a time."""
        text = folded(text)
        if len(text) < 3:
            return self._beginning_with(text)
        found = dict.fromkeys(text[at : at + 3] for at in range(len(text) - 2))
        return _all(map(_quoted, list(found)[:MOST_TRIGRAMS]))

    def _beginning_with(self, text: str) -> str | None:
        """Behind every text in a document stands something, so that it begins a trigram."""
        if not text or not self._is_listed:
            return None
        between = f"SELECT term FROM {self._table} WHERE term >= ? AND term <= ? LIMIT ?"
        last = text + 2 * chr(sys.maxunicode)
        found = self._connection.execute(between, (text, last, MOST_BEGINNINGS + 1)).fetchall()
        return None if len(found) > MOST_BEGINNINGS else _any(_quoted(row[0]) for row in found) or _quoted(NOWHERE)


def _quoted(trigram: str) -> str:
    return '"' + trigram.replace('"', '""') + '"'


def _all(parts: Iterable[str | None]) -> str | None:
    known = [part for part in parts if part is not None]
    return f"({' AND '.join(known)})" if known else None


def _any(parts: Iterable[str | None]) -> str | None:
    known = list(parts)
    return None if None in known or not known else f"({' OR '.join(filter(None, known))})"
