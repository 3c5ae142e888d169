"""The ranges of the log that can hold matching messages, according to the index. None with a match is omitted."""

import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from typing import Final

from hub.filter import Filter
from hub.message import RANK, Level
from hub.query.match_context import glob
from hub.query.terms import And, DataCompared, DataExists, DataIs, FieldIs, LevelIs, Or, Term, Text
from hub.search.index import BLOCK, CUT, DOCUMENT_VERSION, LEVEL, SOURCE, STRING, TOPIC, folded

MAX_TRIGRAMS: Final = 24  # Of one text. More cost more than they exclude (estimated).
# Trigrams that begin with a text of one or two characters. A text with more is common.
MAX_COMPLETIONS: Final = 256
IMPOSSIBLE: Final = "\ue005\ue005\ue005"  # A trigram that no document contains.

SeqRange = tuple[int, int]
"""First and last seq. An empty range (n + 1, n) reports progress."""
TimeSpan = tuple[int, int]
"""First and last time, ms since 1970."""


def candidate_ranges(
    connection: sqlite3.Connection,
    filter_: Filter,
    seqs: SeqRange,
    span: TimeSpan,
    *,
    newest_first: bool,
    max_completions: int = MAX_COMPLETIONS,
) -> Iterator[SeqRange]:
    """Yield the parts of `seqs` that can hold matching messages, in order."""
    order = "DESC" if newest_first else "ASC"
    for start, stop, number in list(_pieces(connection, seqs, span))[:: -1 if newest_first else 1]:
        expression = None if number is None else Trigrams(connection, number, max_completions).filter(filter_)
        if expression is None:
            yield start, stop
            continue
        blocks = connection.execute(
            f"SELECT rowid FROM search_{number} WHERE search_{number} MATCH ? AND rowid BETWEEN ? AND ? "
            f"ORDER BY rowid {order}",
            (expression, start // BLOCK, stop // BLOCK),
        )
        for (block,) in blocks:
            yield max(start, block * BLOCK), min(stop, (block + 1) * BLOCK - 1)
        yield (start, start - 1) if newest_first else (stop + 1, stop)


def _pieces(connection: sqlite3.Connection, seqs: SeqRange, span: TimeSpan) -> Iterator[tuple[int, int, int | None]]:
    """Yield first seq, last seq and the segment that indexes them, or None, oldest first, within the time span."""
    at, high = seqs
    segments = "SELECT number, start, indexed, oldest, newest FROM segment WHERE version = ? ORDER BY number"
    for number, start, indexed, oldest, newest in connection.execute(segments, (DOCUMENT_VERSION,)):
        if at < min(start, high + 1):
            yield at, min(start - 1, high), None
        first, last = max(at, start), min(indexed - 1, high)
        if first <= last and oldest <= span[1] and newest >= span[0]:
            yield first, last, number
        at = max(at, indexed)
    if at <= high:
        yield at, high, None


class Trigrams:
    """Translates filters into FTS5 expressions for one segment; None for one that excludes too little."""

    def __init__(self, connection: sqlite3.Connection, number: int, max_completions: int) -> None:
        self._connection = connection
        self._max_completions = max_completions
        self._table = f"trigram_{number}"
        # Segments of older versions have no such table.
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (self._table,)).fetchone()
        self._is_listed = known is not None

    def filter(self, filter_: Filter) -> str | None:
        parts = [self._term(filter_.query.term)]
        if RANK[filter_.level] >= RANK[Level.WARNING]:  # Most messages have the lower levels.
            parts.append(self._term(LevelIs(">=", filter_.level)))
        if filter_.topics:
            globs = (re.split("[*?]", glob) for glob in sorted(filter_.topics))
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
                # The index has strings and keys only.
                is_string = term.number is None and not any(map(glob(parts), ("true", "false", "null")))
                return _all((self._path(path), self._field(STRING, parts, STRING) if is_string else None))
            case DataCompared(path) | DataExists(path):
                return self._path(path)
            case And(terms):
                return _all(map(self._term, terms))
            case Or(terms):
                return _any(map(self._term, terms))
        return None

    def _field(self, before: str, parts: Iterable[str], after: str) -> str | None:
        """A whole field with anything between the parts."""
        first, *others = parts
        if not others:
            return self._text(before + first + after)
        return _all(map(self._text, (before + first, *others[:-1], others[-1] + after)))

    def _path(self, path: str) -> str | None:
        return _all(self._text(name) for name in path.split(".") if not name.isdigit())

    def _text(self, text: str) -> str | None:
        text = folded(text)
        if len(text) < 3:
            return self._completions(text)
        trigrams = dict.fromkeys(text[at : at + 3] for at in range(len(text) - 2))
        return _all(map(_quoted, list(trigrams)[:MAX_TRIGRAMS]))

    def _completions(self, text: str) -> str | None:
        if not text or not self._is_listed:
            return None
        between = f"SELECT term FROM {self._table} WHERE term >= ? AND term <= ? LIMIT ?"
        last = text + 2 * chr(sys.maxunicode)
        found = self._connection.execute(between, (text, last, self._max_completions + 1)).fetchall()
        if len(found) > self._max_completions:
            return None
        return _any(_quoted(trigram) for (trigram,) in found) or _quoted(IMPOSSIBLE)


def _quoted(trigram: str) -> str:
    return '"' + trigram.replace('"', '""') + '"'


def _all(parts: Iterable[str | None]) -> str | None:
    known = [part for part in parts if part is not None]
    return f"({' AND '.join(known)})" if known else None


def _any(parts: Iterable[str | None]) -> str | None:
    known = list(parts)
    return None if None in known or not known else f"({' OR '.join(filter(None, known))})"
